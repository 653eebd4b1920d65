//go:build !linux

package main

import "net"

// limitUnsent does nothing: only Linux has a limit for what a write hands to the kernel.
func limitUnsent(net.Conn) {}
