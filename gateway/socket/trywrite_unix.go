//go:build unix

package socket

import "syscall"

// tryWrite writes as much of p as the kernel takes without waiting.
func tryWrite(conn syscall.RawConn, p []byte) (n int) {
	_ = conn.Control(func(fd uintptr) { n, _ = syscall.Write(int(fd), p) }) // the next write returns the error again
	return max(n, 0)
}
