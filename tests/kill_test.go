package tests

import (
	"bufio"
	"crypto/rand"
	"crypto/sha256"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/native"
)

// process is a gateway that can be killed.
type process struct {
	*exec.Cmd
	addr string // host:port
}

var listening = regexp.MustCompile(`listening url=http://(\S+)`)

// run starts the gateway and waits until it listens.
func run(t *testing.T, program, addr, data string) *process {
	t.Helper()
	return runWith(t, program, "--listen", addr, "--data", data)
}

func runWith(t testing.TB, program string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(program, args...)}
	stderr, err := p.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, p.Start())
	t.Cleanup(p.kill)
	lines := bufio.NewScanner(stderr)
	var output []string
	for p.addr == "" && lines.Scan() {
		output = append(output, lines.Text())
		if m := listening.FindStringSubmatch(lines.Text()); m != nil {
			p.addr = m[1]
		}
	}
	require.NotEmpty(t, p.addr, "the gateway did not start: %s", strings.Join(output, "\n"))
	go func() { _, _ = io.Copy(io.Discard, stderr) }()
	return p
}

// kill is kill -9; doing it again does nothing.
func (p *process) kill() {
	_ = p.Process.Kill()
	_ = p.Wait()
}

// member is a client that notes its states and the texts it gets.
type member struct {
	*core.Client
	host   *native.Host
	states chan core.State
	texts  chan string

	mu   sync.Mutex
	back time.Time // when it became connected; zero while it is not
}

func login(t *testing.T, addr, uid string) *member {
	t.Helper()
	m := &member{host: native.NewHost(), states: make(chan core.State, 100), texts: make(chan string, 100)}
	m.Client = core.New("0123456789abcdef0123456789abcdef", "http://"+addr, m.host, m)
	require.Nil(t, outcome(t, m, func(done func(*core.Error)) { m.Login(uid, "", done) }))
	require.Equal(t, core.Connecting, <-m.states)
	require.Equal(t, core.Connected, <-m.states)
	t.Cleanup(func() {
		m.host.Do(func() { _ = m.LogoutNow() })
		m.host.CloseIdle()
	})
	return m
}

// outcome starts a method and waits for what it is done with.
func outcome[T any](t *testing.T, m *member, start func(done func(T))) (v T) {
	t.Helper()
	out := make(chan T, 1)
	m.host.Do(func() { start(func(v T) { out <- v }) })
	return next(t, out)
}

// next is what a channel brings in time.
func next[T any](t *testing.T, from <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(waitLimit):
		require.Fail(t, "nothing came")
	}
	return v
}

func (m *member) StateChanged(s core.State, _ core.Reason) {
	m.mu.Lock()
	m.back = time.Time{}
	if s == core.Connected {
		m.back = time.Now()
	}
	m.mu.Unlock()
	m.states <- s
}
func (m *member) PeerMessage(d *wire.Delivery) { m.texts <- d.From + ": " + d.Message.Text }
func (m *member) ChannelMessage(ch *core.Channel, d *wire.Delivery) {
	m.texts <- ch.ID() + ": " + d.Message.Text
}
func (*member) MemberJoined(*core.Channel, string)                               {}
func (*member) MemberLeft(*core.Channel, string)                                 {}
func (*member) MemberCount(*core.Channel, int)                                   {}
func (*member) AttributesUpdated(*core.Channel, []*core.Attribute)               {}
func (*member) PeersChanged(core.PresenceList)                                   {}
func (*member) JoinStateChanged(*core.Channel, core.JoinState)                   {}
func (*member) Log(core.LogLevel, string)                                        {}
func (*member) Token(core.TokenEvent)                                            {}
func (*member) InvitationReceived(*core.Invitation)                              {}
func (*member) InvitationChanged(*core.Invitation, core.InvitationState, string) {}

// A gateway is killed while an upload runs, and started again on the same data: the
// upload goes on, stored media is there, sessions and channels come back.
func TestGatewayKilled(t *testing.T) {
	t.Parallel()
	program, data := buildGateway(t), t.TempDir()
	gateway := run(t, program, "127.0.0.1:"+freePort(t), data)
	alice, bob := login(t, gateway.addr, "alice"), login(t, gateway.addr, "bob")
	halls := map[*member]*core.Channel{}
	for _, m := range []*member{alice, bob} {
		halls[m] = m.Channel("hall")
		require.Nil(t, outcome(t, m, halls[m].Join))
	}
	before := randomFile(1 << 20)
	stored := alice.store(t, before)

	content := randomFile(24 << 20)
	upload := alice.startUpload(t, content)
	gateway.kill()
	require.Equal(t, core.Reconnecting, next(t, alice.states))
	require.Equal(t, core.Reconnecting, next(t, bob.states))
	assert.Empty(t, upload.uploaded, "the promise stays pending")
	upload.release()
	run(t, program, gateway.addr, data)

	require.Equal(t, core.Connected, next(t, alice.states))
	require.Equal(t, core.Connected, next(t, bob.states))
	id := upload.finish(t)
	assert.EqualValues(t, len(content), upload.shown)
	assert.Equal(t, sha256.Sum256(content), sha256.Sum256(bob.fetch(t, id)))
	assert.Equal(t, sha256.Sum256(before), sha256.Sum256(bob.fetch(t, stored)), "what was stored before is still there")

	text := &core.Outgoing{Message: &core.Message{Type: wire.Message_TEXT, Text: "hello again"}}
	require.True(t, outcome(t, alice, func(done func(bool)) {
		alice.SendToPeer("bob", text, false, func(received bool, _ *core.Error) { done(received) })
	}))
	assert.Equal(t, "alice: hello again", next(t, bob.texts))
	require.Nil(t, outcome(t, alice, func(done func(*core.Error)) { halls[alice].Send(text, done) }))
	assert.Equal(t, "hall: hello again", next(t, bob.texts), "both are members again")
}

// What is acknowledged is written: a gateway that is killed in the moment in which an upload
// ends has all of it, whichever way it came.
func TestGatewayKilledRightAfterAnUpload(t *testing.T) {
	t.Parallel()
	program, data := buildGateway(t), t.TempDir()
	gateway := run(t, program, "127.0.0.1:"+freePort(t), data)
	alice := login(t, gateway.addr, "alice")
	stored := map[string][]byte{}
	for _, size := range []int{1, 100_000, 3<<20 + 1} {
		content := randomFile(size)
		id := alice.store(t, content)
		gateway.kill()
		stored[id] = content
		require.Equal(t, core.Reconnecting, next(t, alice.states))
		gateway = run(t, program, gateway.addr, data)
		require.Equal(t, core.Connected, next(t, alice.states))
	}
	for id, content := range stored {
		assert.Equal(t, sha256.Sum256(content), sha256.Sum256(alice.fetch(t, id)), "%d bytes", len(content))
	}
}

func randomFile(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

func (m *member) store(t *testing.T, content []byte) (id string) {
	t.Helper()
	m.transfer(t, func(done func(*core.Error)) {
		m.Upload(m.host.Bytes(content), core.UploadParams{}, func(_, _ int64) {}, func(up *core.Uploaded, err *core.Error) {
			if err == nil {
				id = up.MediaID
			}
			done(err)
		})
	})
	return id
}

func (m *member) fetch(t *testing.T, id string) []byte {
	t.Helper()
	var blob core.Blob
	m.transfer(t, func(done func(*core.Error)) {
		m.Download(id, func(_, _ int64) {}, func(b core.Blob, err *core.Error) {
			blob = b
			done(err)
		})
	})
	require.NotNil(t, blob)
	content, err := io.ReadAll(blob.(*native.Blob).SectionReader)
	require.NoError(t, err)
	return content
}

// transfer starts a transfer, which is possible while the client is connected, and waits until it
// succeeds. A client may notice only now that its gateway was killed before.
func (m *member) transfer(t *testing.T, start func(done func(*core.Error))) {
	t.Helper()
	for {
		m.connected(t)
		err := outcome(t, m, start)
		if err == nil || err.Code != core.UploadMediaErrNotLoggedIn { // downloads have the same code
			require.Nil(t, err)
			return
		}
	}
}
