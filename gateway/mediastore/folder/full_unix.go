//go:build unix

package folder

import (
	"errors"
	"syscall"
)

// isFull reports whether err means that the disk or the gateway's disk quota is full.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
