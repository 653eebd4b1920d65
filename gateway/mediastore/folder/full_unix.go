//go:build unix

package folder

import (
	"errors"
	"syscall"
)

// isFull reports whether the disk, or what the gateway may use of it, is full.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
