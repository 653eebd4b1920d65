package cluster

import (
	"fmt"
	"os"
	"syscall"
)

// Pause stops a process that this one has started in its tracks until Resume: its connections stay
// open and silent, as over a network that is parted. It returns when the process has stopped.
func Pause(p *os.Process) error {
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	if err := awaitStop(p.Pid); err != nil {
		return fmt.Errorf("cluster: wait until process %d has stopped: %w", p.Pid, err)
	}
	return nil
}

// Resume lets it go on.
func Resume(p *os.Process) error { return p.Signal(syscall.SIGCONT) }
