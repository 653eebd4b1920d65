//go:build linux || darwin

package main

import "syscall"

// maxFiles returns how many files and sockets the process may have open, or 0 if that is unknown.
func maxFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur > 1<<30 {
		return 0
	}
	return int(limit.Cur)
}
