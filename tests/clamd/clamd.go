// Package clamd runs a real ClamAV daemon for tests. It has a database of one signature, so
// that it starts within a second and needs nothing from the network.
package clamd

import (
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rtmwasm/tests/cluster"
)

const (
	// Infected is what the daemon finds, wherever it is in a file, and Found the name of that.
	Infected = "RTM-WASM-SCANNER-TEST-FILE"
	Found    = "Rtm.Test.File.UNOFFICIAL"

	// StreamMax is the largest content that the daemon takes, in bytes, unless told otherwise.
	StreamMax = 31 << 20
)

// startTimeout is how long a daemon may take to start, on a machine that is busy.
const startTimeout = time.Minute

// Daemon is a ClamAV daemon, or the place for one while it is down.
type Daemon struct {
	Socket string // path of its socket
	Port   int    // on 127.0.0.1

	t       testing.TB
	program string
	dir     string
	process *exec.Cmd // nil: it is down
}

// New makes a place for a daemon and starts none. It skips the test where ClamAV is not installed, or
// fails it where CI is set. Further lines of clamd.conf may be given.
func New(t testing.TB, conf ...string) *Daemon {
	t.Helper()
	program, err := exec.LookPath("clamd")
	if err != nil {
		program, err = exec.LookPath("/usr/sbin/clamd") // not in every user's PATH
	}
	if err != nil {
		const missing = "no clamd: install the package clamav-daemon, as scripts/install-test-tools.sh does"
		if os.Getenv("CI") != "" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	ports, err := cluster.FreePorts(1)
	require.NoError(t, err)
	dir, err := os.MkdirTemp("", "clamd") // t.TempDir is too long for the path of a socket
	require.NoError(t, err)
	d := &Daemon{t: t, program: program, dir: dir, Socket: filepath.Join(dir, "ctl"), Port: ports[0]}
	t.Cleanup(func() {
		d.Kill()
		_ = os.RemoveAll(dir)
	})
	d.write("db/test.ndb", "Rtm.Test.File:0:*:"+hex.EncodeToString([]byte(Infected))+"\n")
	d.write("clamd.conf", strings.Join(append(conf, // what stands first counts
		"Foreground yes",
		"DatabaseDirectory "+filepath.Join(dir, "db"),
		"TemporaryDirectory "+dir,
		"LocalSocket "+d.Socket,
		"TCPAddr 127.0.0.1",
		"TCPSocket "+strconv.Itoa(d.Port),
		"StreamMaxLength "+strconv.Itoa(StreamMax),
		"MaxFileSize "+strconv.Itoa(StreamMax),
		"AlertExceedsMax yes",
	), "\n")+"\n")
	return d
}

// Start is New with a daemon that runs.
func Start(t testing.TB, conf ...string) *Daemon {
	t.Helper()
	d := New(t, conf...)
	d.Start()
	return d
}

func (d *Daemon) write(name, text string) {
	path := filepath.Join(d.dir, name)
	require.NoError(d.t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(d.t, os.WriteFile(path, []byte(text), 0o644))
}

// URL is that of the socket, as --scan takes it.
func (d *Daemon) URL() string { return "clamd://" + d.Socket }

// Start starts the daemon and waits until it takes connections.
func (d *Daemon) Start() {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	d.process = exec.Command(d.program, "--config-file="+filepath.Join(d.dir, "clamd.conf"))
	log, err := os.OpenFile(filepath.Join(d.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	require.NoError(d.t, err)
	defer log.Close()
	d.process.Stdout, d.process.Stderr = log, log
	require.NoError(d.t, d.process.Start())
	ended := make(chan struct{})
	process := d.process
	go func() { _ = process.Wait(); close(ended) }()
	for {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "unix", d.Socket)
		if err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ended:
			ctx, cancel = context.WithCancel(ctx)
			cancel()
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			said, _ := os.ReadFile(filepath.Join(d.dir, "log"))
			d.t.Fatal(fmt.Sprintf("clamd did not start: %v\n%s", err, said))
		}
	}
}

// Kill ends the daemon at once, as kill -9 does.
func (d *Daemon) Kill() {
	if d.process != nil {
		_ = d.process.Process.Kill()
		d.process = nil
	}
}

// Pause stops the daemon: it takes connections, and does nothing. Resume lets it go on.
func (d *Daemon) Pause()  { require.NoError(d.t, cluster.Pause(d.process.Process)) }
func (d *Daemon) Resume() { require.NoError(d.t, cluster.Resume(d.process.Process)) }
