package main

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// maxUnsent is how many bytes the kernel takes for a connection beyond what is on its way to the
// client. Without a limit it takes up to 4 MiB of a client that stops reading. The kernel's memory
// for TCP is for all connections of the machine, and when it is used up, what arrives is dropped.
const maxUnsent = 128 << 10

// limitUnsent sets maxUnsent. It does nothing where the kernel refuses, as for Multipath TCP in
// older kernels.
func limitUnsent(c syscall.Conn) {
	system, err := c.SyscallConn()
	if err != nil {
		return
	}
	_ = system.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, maxUnsent)
	})
}
