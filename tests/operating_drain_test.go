package tests

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// A gateway that is told to end sends its clients away and exits well; when it is back, so
// are they, and what they were doing goes on.
func testDrainAndRestart(t *testing.T, program string) {
	data := t.TempDir()
	g := serve(t, program, "--listen", "127.0.0.1:"+freePort(t), "--data", data)
	alice, bob := login(t, g.addr(), "alice"), login(t, g.addr(), "bob")
	content := randomFile(24 << 20)
	upload := alice.startUpload(t, content)
	g.signal(syscall.SIGTERM)
	require.Equal(t, core.Reconnecting, next(t, alice.states))
	require.Equal(t, core.Reconnecting, next(t, bob.states))
	upload.release()
	assert.Zero(t, g.exit())
	assert.NotContains(t, g.text(), "level=ERROR")
	assert.NotContains(t, g.text(), "cut off")

	serve(t, program, "--listen", g.addr(), "--data", data)
	require.Equal(t, core.Connected, next(t, alice.states))
	require.Equal(t, core.Connected, next(t, bob.states))
	alice.says(t, "bob", "back again")
	assert.Equal(t, "alice: back again", next(t, bob.texts))
	id := upload.finish(t)
	assert.Equal(t, sha256.Sum256(content), sha256.Sum256(bob.fetch(t, id)))
}

// credentialOf logs in over a plain WebSocket and stays until the end of the test.
func (s *service) credentialOf(uid string) string {
	s.t.Helper()
	ws, _, err := websocket.Dial(s.t.Context(), strings.Replace(s.url, "http", "ws", 1)+"/rtm", nil)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = ws.CloseNow() })
	hello, err := (&wire.ClientFrame{Id: 1, Hello: &wire.Hello{Version: 1, AppId: "0123456789abcdef0123456789abcdef", Uid: uid}}).MarshalVT()
	require.NoError(s.t, err)
	require.NoError(s.t, ws.Write(s.t.Context(), websocket.MessageBinary, hello))
	_, b, err := ws.Read(s.t.Context())
	require.NoError(s.t, err)
	var f wire.ServerFrame
	require.NoError(s.t, f.UnmarshalVT(b))
	require.NotNil(s.t, f.Welcome)
	go answerPings(ws) // a session that is silent would end, and its credential with it
	return f.Welcome.Credential
}

// answerPings reads what comes to a socket, and answers pings, until the socket is closed.
func answerPings(ws *websocket.Conn) {
	pong, err := (&wire.ClientFrame{Pong: &wire.Pong{}}).MarshalVT()
	for err == nil {
		var f wire.ServerFrame
		var b []byte
		if _, b, err = ws.Read(context.Background()); err == nil && f.UnmarshalVT(b) == nil && f.Ping != nil {
			err = ws.Write(context.Background(), websocket.MessageBinary, pong)
		}
	}
}

// stall begins an upload, of which half arrives, and returns the answer when it comes.
func (s *service) stall(credential string) (path string, answer chan *http.Response) {
	s.t.Helper()
	do := func(method, path string, body io.Reader, header ...string) (*http.Response, error) {
		r, err := http.NewRequest(method, s.url+path, body)
		require.NoError(s.t, err)
		r.Header.Set("Authorization", "Bearer "+credential)
		r.Header.Set("Tus-Resumable", "1.0.0")
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		return http.DefaultClient.Do(r)
	}
	const half = 3 << 20
	created, err := do(http.MethodPost, "/media/", nil, "Upload-Length", strconv.Itoa(2*half))
	require.NoError(s.t, err)
	_ = created.Body.Close()
	require.Equal(s.t, 201, created.StatusCode)
	path = created.Header.Get("Location")
	body, sends := io.Pipe()
	answer = make(chan *http.Response, 1)
	go func() {
		a, err := do(http.MethodPatch, path, body, "Upload-Offset", "0", "Content-Type", "application/offset+octet-stream")
		if err == nil {
			_ = a.Body.Close()
			answer <- a
		}
		close(answer)
	}()
	_, err = sends.Write(bytes.Repeat([]byte("x"), half))
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = sends.Close() })
	return path, answer
}

// Media requests that do not come to their end are interrupted in time: what has arrived is
// stored, and the client told to go on.
func testDrainLimit(t *testing.T, program string) {
	g := serve(t, program, "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--drain", "15s") // of which media requests have 10 s, and what is stored then 5 s
	_, answer := g.stall(g.credentialOf("alice"))
	began := time.Now()
	g.signal(syscall.SIGTERM)
	told := next(t, answer)
	if assert.NotNil(t, told, "the request was cut off") {
		assert.Equal(t, http.StatusConflict, told.StatusCode)
	}
	assert.Zero(t, g.exit())
	assert.GreaterOrEqual(t, time.Since(began), 9900*time.Millisecond, "it had its time")
	assert.Less(t, time.Since(began), 50*time.Second, "it did not wait for the request to be given up as stalled, which takes 60 s")
	assert.NotContains(t, g.text(), "level=ERROR")
}

// For as long as the load balancer needs to notice, the gateway that fails its readiness
// check serves on.
func testDrainLead(t *testing.T, program string) {
	g := serve(t, program, "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--drain", "2m", "--drain-lead", "45s")
	alice := login(t, g.addr(), "alice")
	g.signal(syscall.SIGTERM)
	require.Eventually(t, func() bool { return g.notReady()["serving"] != "" }, waitLimit, 5*time.Millisecond)
	late := login(t, g.addr(), "late")
	alice.says(t, "late", "hello")
	assert.Equal(t, "alice: hello", next(t, late.texts))
	assert.Empty(t, alice.states, "nobody was sent away yet")
	assert.Equal(t, core.Reconnecting, next(t, alice.states))
	assert.Zero(t, g.exit())
}

func testSecondSignal(t *testing.T, program string) {
	g := serve(t, program, "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--drain", "60s")
	g.stall(g.credentialOf("alice"))
	g.signal(syscall.SIGTERM)
	require.Eventually(t, func() bool { return strings.Contains(g.text(), "draining") }, waitLimit, time.Millisecond)
	g.signal(syscall.SIGTERM)
	assert.Equal(t, -1, g.exit(), "the signal ended it")
}
