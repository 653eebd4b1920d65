package tests

import (
	"net"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/tests/cluster"
)

// startNATS runs one NATS server with its data in dir.
func startNATS(t *testing.T, program, port, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(program, "--addr", "127.0.0.1", "--port", port, "--jetstream", "--store_dir", dir)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	}, waitLimit, 10*time.Millisecond)
	return cmd
}

func freePort(t *testing.T) string {
	free, err := cluster.FreePorts(1)
	require.NoError(t, err)
	return strconv.Itoa(free[0])
}

// NATS stands still, and goes on: the gateway says that it is not ready, and is again by
// itself. NATS dies, and with it what it had in memory: the gateway ends, to be started anew.
func testEngineGone(t *testing.T, program string) {
	nats := buildNATS(t)
	port, dir := freePort(t), t.TempDir()
	server := startNATS(t, nats, port, dir)
	url, media := "nats://127.0.0.1:"+port, t.TempDir()
	g := serve(t, program, "--listen", "127.0.0.1:"+freePort(t), "--nats", url, "--media", media, "--drain", "3s")
	require.Empty(t, g.notReady())
	alice := login(t, g.addr(), "alice")

	require.NoError(t, cluster.Pause(server.Process))
	require.Eventually(t, func() bool { return g.notReady()["engine"] != "" }, waitLimit, 50*time.Millisecond)
	status, _ := g.get("/healthz")
	assert.Equal(t, 200, status)
	require.NoError(t, cluster.Resume(server.Process))
	require.Eventually(t, func() bool { return len(g.notReady()) == 0 }, waitLimit, 50*time.Millisecond)
	stored := alice.store(t, []byte("content"))

	require.NoError(t, server.Process.Kill())
	_ = server.Wait()
	require.Eventually(t, func() bool { return g.notReady()["engine"] != "" }, waitLimit, 50*time.Millisecond)
	startNATS(t, nats, port, dir)
	assert.Equal(t, 1, g.exit())
	assert.Contains(t, g.text(), "start the gateway again")
	serve(t, program, "--listen", g.addr(), "--nats", url, "--media", media)
	require.Equal(t, core.Reconnecting, next(t, alice.states))
	require.Equal(t, core.Connected, next(t, alice.states))
	assert.Equal(t, "content", string(alice.fetch(t, stored)))
}

// One of two gateways drains: its clients go on at the other, and nobody notices.
func testDrainOfOne(t *testing.T, program string) {
	nats := buildNATS(t)
	port := freePort(t)
	startNATS(t, nats, port, t.TempDir())
	media := t.TempDir()
	start := func() *service {
		// The limit leaves clients time to move on a busy machine. It does not pass: the gateway ends when they have moved.
		return serve(t, program, "--listen", "127.0.0.1:0", "--nats", "nats://127.0.0.1:"+port, "--media", media, "--drain", "5m")
	}
	leaving, staying := start(), start()
	both := strings.TrimPrefix(balance(t, leaving.url, staying.url), "http://")
	users := map[string]*member{}
	for _, uid := range []string{"alice", "bob", "carol", "dave"} {
		users[uid] = login(t, both, uid)
		require.Nil(t, outcome(t, users[uid], users[uid].Channel("hall").Join))
	}
	content := randomFile(24 << 20)
	uploads := []*rolling{users["alice"].startUpload(t, content), users["bob"].startUpload(t, content)}
	leaving.signal(syscall.SIGTERM)
	for _, upload := range uploads {
		upload.release()
	}
	late := map[string]bool{}
	for i := range 50 { // all the while
		text, began := "alice: "+strconv.Itoa(i), time.Now()
		if !users["alice"].sends(t, "bob", strconv.Itoa(i)) {
			require.True(t, users["bob"].missed(began), "message %d is answered as received", i)
			late[text] = true
			continue
		}
		got := next(t, users["bob"].texts)
		for late[got] { // it has come all the same
			delete(late, got)
			got = next(t, users["bob"].texts)
		}
		require.Equal(t, text, got)
	}
	assert.Zero(t, leaving.exit())
	for _, upload := range uploads {
		id := upload.finish(t)
		assert.Equal(t, content, users["dave"].fetch(t, id))
	}
	users["carol"].says(t, "dave", "goodbye")
	assert.Equal(t, "carol: goodbye", next(t, users["dave"].texts))
	assert.Contains(t, staying.text(), "continues=true")
	ended := regexp.MustCompile(`"session ended".* code=(\d+)`).FindAllStringSubmatch(leaving.text(), -1)
	assert.NotEmpty(t, ended)
	for _, end := range ended {
		assert.Equal(t, strconv.Itoa(wire.CloseReplaced), end[1], "all go on at the other gateway")
	}
}
