package tests

import (
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// inOwnNetworkVariable is set in the process that has a network of its own.
const inOwnNetworkVariable = "RTMTEST_OWN_NETWORK"

// fixedPorts is held by the test that uses the ports of the pages in the network of the machine.
var fixedPorts sync.Mutex

// inOwnNetwork runs the test again in a process with a network of its own, in which all
// ports are free, and reports true; then nothing is left to do. Where that is not allowed,
// it reports false, as it does in that process: the test goes on here, and no other that
// needs such a network runs meanwhile.
func inOwnNetwork(t *testing.T) bool {
	t.Helper()
	if os.Getenv(inOwnNetworkVariable) != "" {
		require.NoError(t, loopbackUp())
		return false
	}
	limit := time.Duration(0) // none
	if deadline, limited := t.Deadline(); limited {
		limit = time.Until(deadline)
	}
	again := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout="+limit.String())
	again.Env = append(os.Environ(), inOwnNetworkVariable+"=1")
	again.Stdout, again.Stderr = t.Output(), t.Output()
	again.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}},
	}
	if err := again.Start(); err != nil {
		t.Log("no network of its own: ", err)
		fixedPorts.Lock()
		t.Cleanup(fixedPorts.Unlock)
		return false
	}
	require.NoError(t, again.Wait())
	return true
}

// loopbackUp switches on the only interface of a new network.
func loopbackUp() error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer syscall.Close(fd)
	request := struct {
		name  [syscall.IFNAMSIZ]byte
		flags int16
		_     [22]byte
	}{flags: syscall.IFF_UP | syscall.IFF_RUNNING}
	copy(request.name[:], "lo")
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&request))); errno != 0 {
		return os.NewSyscallError("ioctl", errno)
	}
	return nil
}
