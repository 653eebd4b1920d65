package cluster

import "golang.org/x/sys/unix"

// reserve takes a port of 127.0.0.1 for the life of this process, with a socket that is bound to it and
// never listens. Linux lets a program listen there all the same if both sockets have SO_REUSEADDR,
// which servers set. This socket gets it only after bind, so that bind fails if a socket of
// another process has the port.
func reserve(port int) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	err = unix.Bind(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
	if err == nil {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	}
	if err != nil {
		_ = unix.Close(fd)
	}
	return err
}
