//go:build !linux

package cluster

import (
	"fmt"
	"net"
)

// reserve looks whether a port of 127.0.0.1 is free. Elsewhere nothing can keep it for a program that
// is to listen there later.
func reserve(port int) error {
	l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", port))
	if err != nil {
		return err
	}
	return l.Close()
}
