//go:build !linux

package main

import "syscall"

// limitUnsent does nothing: only Linux has a limit for what a write hands to the kernel.
func limitUnsent(syscall.Conn) {}
