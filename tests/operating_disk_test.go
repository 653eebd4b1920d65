package tests

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway/session"
)

// A disk without room: uploads are refused for now, readiness says why, all else goes on.
func testFullDisk(t *testing.T, program string) {
	data := t.TempDir()
	before := serve(t, program, "--listen", "127.0.0.1:"+freePort(t), "--data", data)
	alice := login(t, before.addr(), "alice")
	content := randomFile(1 << 20)
	stored := alice.store(t, content)
	before.kill()

	g := serve(t, program, "--listen", before.addr(), "--data", data, "--min-free", "1048576GiB")
	assert.Contains(t, g.notReady()["disk"], "no room left")
	require.Equal(t, core.Reconnecting, next(t, alice.states))
	require.Equal(t, core.Connected, next(t, alice.states))
	assert.Equal(t, content, alice.fetch(t, stored), "downloads go on")
	bob := login(t, g.addr(), "bob")
	alice.says(t, "bob", "still here")
	assert.Equal(t, "alice: still here", next(t, bob.texts))

	// Half the room is for messages to who is away: there is none, either.
	refused := outcome(t, alice, func(done func(*core.Error)) {
		message := &core.Outgoing{Message: &core.Message{Type: wire.Message_TEXT, Text: "for later"}}
		alice.SendToPeer("carol", message, true, func(_ bool, err *core.Error) { done(err) })
	})
	require.NotNil(t, refused)
	assert.Contains(t, refused.Text, "no space for offline messages")
	assert.NotContains(t, g.text(), "a request of a client failed", "a flood of them would fill the disk with lines")

	// An upload waits for room, as it does for a gateway that is down.
	uploaded := make(chan *core.Uploaded, 1)
	alice.host.Do(func() {
		alice.Upload(alice.host.Bytes(content), core.UploadParams{}, func(_, _ int64) {},
			func(up *core.Uploaded, err *core.Error) {
				assert.Nil(t, err)
				uploaded <- up
			})
	})
	require.Eventually(t, func() bool { return strings.Contains(g.text(), "no room left") }, waitLimit, 10*time.Millisecond)
	assert.Empty(t, uploaded)
	g.kill()
	roomy := serve(t, program, "--listen", before.addr(), "--data", data)
	assert.Empty(t, roomy.notReady())
	require.Equal(t, core.Reconnecting, next(t, bob.states))
	require.Equal(t, core.Connected, next(t, bob.states))
	assert.Equal(t, content, bob.fetch(t, next(t, uploaded).MediaID))
}

func (s *service) kill() {
	_ = s.Process.Kill()
	<-s.ended
}

// says sends a text that must arrive.
func (m *member) says(t *testing.T, peer, text string) {
	t.Helper()
	require.True(t, m.sends(t, peer, text))
}

// sends reports whether a text is answered as received.
func (m *member) sends(t *testing.T, peer, text string) (received bool) {
	t.Helper()
	message := &core.Outgoing{Message: &core.Message{Type: wire.Message_TEXT, Text: text}}
	return outcome(t, m, func(done func(bool)) {
		m.SendToPeer(peer, message, false, func(received bool, err *core.Error) {
			assert.Nil(t, err)
			done(received)
		})
	})
}

// missed reports whether the client came back too late for a message, which is now answered as not
// received: half of the time for which the gateway waits was over.
func (m *member) missed(sent time.Time) bool {
	limit := session.Times{}.WithDefaults().PeerAck
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Since(sent) >= limit && (m.back.IsZero() || m.back.Sub(sent) > limit/2)
}

// A data folder that cannot be written to any more fails the readiness check while the
// gateway runs, and its start, with an error that names the folder.
func testReadOnly(t *testing.T, program string) {
	data := filepath.Join(t.TempDir(), "data")
	g := serve(t, program, "--listen", "127.0.0.1:0", "--data", data)
	require.Empty(t, g.notReady())
	// Not even root can write to a folder that is gone.
	require.NoError(t, os.Rename(data, data+".away"))
	require.NoError(t, os.WriteFile(data, nil, 0o600))
	require.Eventually(t, func() bool { return g.notReady()["disk"] != "" }, waitLimit, 50*time.Millisecond)
	assert.Contains(t, g.notReady()["disk"], "cannot be written")
	status, _ := g.get("/healthz")
	assert.Equal(t, http.StatusOK, status, "a restart would not help")
	require.NoError(t, os.Remove(data))
	require.NoError(t, os.Rename(data+".away", data))
	require.Eventually(t, func() bool { return len(g.notReady()) == 0 }, waitLimit, 50*time.Millisecond)
}
