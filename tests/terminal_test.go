package tests

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// terminal is a shell at the root of the repository, as far as commands need it: bin/ and
// deploy/ are there. A command that fails fails the test.
type terminal struct {
	t      *testing.T
	dir    string
	blocks int
	stdin  io.Writer
	ended  chan string // exit codes of blocks
}

// newTerminal starts a shell in dir, which has bin/, and finds programs in dir first.
func newTerminal(t *testing.T, dir string) *terminal {
	t.Helper()
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	require.NoError(t, os.Symlink(filepath.Join(root, "deploy"), filepath.Join(dir, "deploy")))
	output, err := os.Create(filepath.Join(dir, "terminal.log"))
	require.NoError(t, err)
	codes, codesTo, err := os.Pipe()
	require.NoError(t, err)
	shell := exec.Command("bash", "-eu", "-o", "pipefail")
	shell.Dir, shell.Stdout, shell.Stderr = dir, output, output
	shell.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
	shell.ExtraFiles = []*os.File{codesTo}                  // is 3 there
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // what it starts ends with it
	stdin, err := shell.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, shell.Start())
	require.NoError(t, codesTo.Close())
	s := &terminal{t: t, dir: dir, stdin: stdin, ended: make(chan string)}
	go func() {
		defer close(s.ended)
		for lines := bufio.NewScanner(codes); lines.Scan(); {
			s.ended <- lines.Text()
		}
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-shell.Process.Pid, syscall.SIGKILL)
		_ = shell.Wait()
		for range s.ended {
		}
		_ = output.Close()
		if t.Failed() {
			s.show()
		}
	})
	return s
}

// askedWithin is how long a command on a page waits until a gateway is ready: enough for people, too little
// for a machine that is busy with other tests.
var askedWithin = regexp.MustCompile(`--within \d+s`)

// run runs commands, and returns when the last that is not in the background has ended.
func (s *terminal) run(block string) {
	s.t.Helper()
	s.blocks++
	file := filepath.Join(s.dir, fmt.Sprintf("block-%d.sh", s.blocks))
	require.NoError(s.t, os.WriteFile(file, []byte(askedWithin.ReplaceAllString(block, "--within "+waitLimit.String())), 0o600))
	_, err := fmt.Fprintf(s.stdin, ". %s </dev/null 3>&-; echo $? >&3\n", file)
	require.NoError(s.t, err)
	select {
	case code := <-s.ended: // "" when the shell ended
		require.Equal(s.t, "0", code, "it failed:\n%s", block)
	case <-time.After(2 * waitLimit):
		require.FailNow(s.t, "it does not end", "%s", block)
	}
}

// show logs the ends of all logs.
func (s *terminal) show() {
	logs, _ := filepath.Glob(filepath.Join(s.dir, "*.log"))
	for _, log := range logs {
		text, _ := os.ReadFile(log)
		lines := strings.Split(string(text), "\n")
		s.t.Logf("%s:\n%s", filepath.Base(log), strings.Join(lines[max(0, len(lines)-40):], "\n"))
	}
}
