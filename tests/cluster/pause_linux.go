package cluster

import "golang.org/x/sys/unix"

// awaitStop returns when all threads of a child have stopped: until then they may still answer.
func awaitStop(pid int) error {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WSTOPPED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			return err
		}
	}
}
