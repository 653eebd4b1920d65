package tests

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// jumps has the gateway's clock jump an hour ahead with one signal and back with another.
// The time that Go counts for itself goes on as it does on a machine whose clock is set.
const jumps = `package main

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

func init() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR1, syscall.SIGUSR2)
	go func() {
		for s := range c {
			if s == syscall.SIGUSR1 {
				time.Jump += 3600
			} else {
				time.Jump -= 3600
			}
		}
	}()
}
`

// buildJumping builds the gateway with a clock that can jump: time.Now is another one in
// it, for the engine too.
func buildJumping(t *testing.T) (program string) {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(t, err)
	original := filepath.Join(strings.TrimSpace(string(root)), "src/time/time.go")
	source, err := os.ReadFile(original)
	require.NoError(t, err)
	const reads = "sec, nsec, mono := runtimeNow()\n"
	require.Equal(t, 1, strings.Count(string(source), reads), "time.Now is made otherwise: look at %s", original)
	patched := strings.Replace(string(source), reads, reads+"\tsec += Jump\n", 1) + "\nvar Jump int64\n"
	dir := t.TempDir()
	main, err := filepath.Abs("../gateway/cmd/rtm-gateway/jumps.go")
	require.NoError(t, err)
	files := map[string]string{}
	for path, text := range map[string]string{original: patched, main: jumps} {
		files[path] = filepath.Join(dir, filepath.Base(path))
		require.NoError(t, os.WriteFile(files[path], []byte(text), 0o600))
	}
	overlay, err := json.Marshal(map[string]any{"Replace": files})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600))
	program = filepath.Join(dir, "rtm-gateway")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-overlay", filepath.Join(dir, "overlay.json"), "-o", program, "rtmwasm/gateway/cmd/rtm-gateway")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return program
}

// The clock is set, ahead and back: no session and no transfer ends, and who is silent is
// noticed all the same.
func TestClockJumps(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no signals to jump with")
	}
	program := buildJumping(t)
	g := serve(t, program, "--listen", "127.0.0.1:0", "--data", t.TempDir())
	alice, bob := login(t, g.addr(), "alice"), login(t, g.addr(), "bob")
	idle, idleThere := idleUsers(t, g.addr(), 20), idleElsewhere(t, program, 20)
	mute, err := intrudeAs(t.Context(), t, g.addr(), "mute")
	require.NoError(t, err)
	content := randomFile(24 << 20)
	upload := alice.startUpload(t, content)

	g.signal(syscall.SIGUSR1)
	pace := time.NewTicker(250 * time.Millisecond)
	defer pace.Stop()
	for i := range 48 { // longer than it takes to look after everything once
		<-pace.C
		alice.says(t, "bob", strconv.Itoa(i))
		require.Equal(t, "alice: "+strconv.Itoa(i), next(t, bob.texts))
		upload.release() // after the first message, before the gateway takes it for stalled
	}
	for range 2 {
		g.signal(syscall.SIGUSR2)
		<-pace.C
	}
	assert.Equal(t, content, bob.fetch(t, upload.finish(t)))
	silent := make(chan int, 1)
	go func() { silent <- mute.closeCode(t.Context()) }()
	assert.Equal(t, wire.CloseSilent, next(t, silent))
	busy := assertStay(t, append(idle, alice, bob), idleThere)
	if !busy {
		assert.NotContains(t, g.text(), "was paused for too long")
	}
	assert.Empty(t, g.notReady())
}

// idleUsers log in and only answer pings, each at another moment.
func idleUsers(t *testing.T, addr string, n int) (users []*member) {
	for i := range n {
		users = append(users, login(t, addr, fmt.Sprint("idle", i)))
	}
	return users
}

// idleElsewhere is idleUsers at a gateway of their own, at which nothing happens.
func idleElsewhere(t *testing.T, program string, n int) (users []*member) {
	return idleUsers(t, serve(t, program, "--listen", "127.0.0.1:0", "--data", t.TempDir()).addr(), n)
}

// assertStay checks that users kept their connections. A machine that is too busy to bring pings for 6 s
// breaks connections, also those of others at a gateway at which nothing happens. Then it returns true, and
// checks only that the sessions went on.
func assertStay(t *testing.T, users, others []*member) (busy bool) {
	t.Helper()
	busy = slices.ContainsFunc(others, func(m *member) bool { return len(m.states) > 0 })
	for _, m := range users {
		if !busy {
			assert.Empty(t, m.states, "a session ended, or its connection")
		}
		for len(m.states) > 0 {
			assert.Contains(t, []core.State{core.Reconnecting, core.Connected}, <-m.states, "a session ended")
		}
	}
	return busy
}
