package tests

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway/token"
	"rtmwasm/native"
)

// The REST interface as backends of apps meet it: the program, over HTTP, and clients that get what
// backends send.
func TestREST(t *testing.T) {
	t.Parallel()
	program := buildGateway(t)
	for name, test := range map[string]func(t *testing.T, program string){
		"callers of all kinds":  testRESTCallers,
		"peer messages":         testRESTPeer,
		"channel messages":      testRESTChannel,
		"events":                testRESTEvents,
		"history":               testRESTHistory,
		"ids and payloads":      testRESTInput,
		"order":                 testRESTOrder,
		"rates":                 testRESTRates,
		"settings":              testRESTSettings,
		"an address of its own": testRESTListen,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, program)
		})
	}
}

const (
	restKey    = "backend"
	restSecret = "s3cret-of-backend"
	restBase   = "/dev/v2/project/" + pageApp
	otherApp   = "ffffffffffffffffffffffffffffffff"
)

// backend calls the interface of a gateway.
type backend struct {
	t   *testing.T
	url string
}

// serveREST starts a gateway with two apps, of which pageApp has a certificate.
func serveREST(t *testing.T, program string, more ...string) (*service, *backend) {
	t.Helper()
	args := []string{"--listen", "127.0.0.1:0", "--app", pageApp + ":" + pageCertificate, "--app", otherApp + ":" + strings.Repeat("1", 32), "--rest-key", restKey + ":" + restSecret}
	if !slices.Contains(more, "--nats") {
		args = append(args, "--data", t.TempDir())
	}
	g := serve(t, program, append(args, more...)...)
	return g, &backend{t, g.url}
}

// restAnswer is what a call gives.
type restAnswer struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"` // names in lower case
	Body    string            `json:"body"`
}

func (a restAnswer) fields(t *testing.T) (f map[string]any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(a.Body), &f), "every answer is JSON: %s", a.Body)
	want := "success"
	if a.Status != http.StatusOK {
		want = "failed"
		require.NotEmpty(t, f["message"])
	}
	require.Equal(t, want, f["result"])
	require.IsType(t, "", f["request_id"])
	require.NotEmpty(t, f["request_id"])
	return f
}

// do makes a call by the key.
func (b *backend) do(method, path, body string) restAnswer {
	b.t.Helper()
	r, err := http.NewRequest(method, b.url+restBase+path, strings.NewReader(body))
	require.NoError(b.t, err)
	r.SetBasicAuth(restKey, restSecret)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(b.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(b.t, err)
	return restAnswer{Status: answer.StatusCode, Headers: map[string]string{"retry-after": answer.Header.Get("Retry-After")}, Body: string(text)}
}

// code makes a call that must succeed, and returns the field code of the answer.
func (b *backend) code(path, body string) string {
	b.t.Helper()
	a := b.do(http.MethodPost, path, body)
	require.Equal(b.t, http.StatusOK, a.Status, a.Body)
	code, _ := a.fields(b.t)["code"].(string)
	return code
}

func restBody(t *testing.T, fields map[string]any) string {
	t.Helper()
	text, err := json.Marshal(fields)
	require.NoError(t, err)
	return string(text)
}

func restToken(t *testing.T, version token.Version, uid string, validity time.Duration) string {
	t.Helper()
	text, err := token.Mint(version, token.Grant{App: pageApp, Certificate: pageCertificate, UID: uid, Issued: time.Now().Add(-time.Minute), Validity: time.Minute + validity})
	require.NoError(t, err)
	return text
}

// heard is a client whose messages come with all that is told of them.
type heard struct {
	*member
	got chan *wire.Delivery
}

func (h *heard) PeerMessage(d *wire.Delivery)                     { h.got <- d }
func (h *heard) ChannelMessage(_ *core.Channel, d *wire.Delivery) { h.got <- d }

func loginHeard(t *testing.T, url, uid string) *heard {
	t.Helper()
	h := &heard{got: make(chan *wire.Delivery, 5000)}
	h.member = &member{host: native.NewHost(), states: make(chan core.State, 100)}
	h.Client = core.New(pageApp, url, h.host, h)
	require.Nil(t, outcome(t, h.member, func(done func(*core.Error)) { h.Login(uid, restToken(t, token.V007, uid, time.Hour), done) }))
	t.Cleanup(func() {
		h.host.Do(func() { _ = h.LogoutNow() })
		h.host.CloseIdle()
	})
	return h
}

func (h *heard) logout(t *testing.T) {
	t.Helper()
	require.Nil(t, outcome(t, h.member, h.Logout))
}

func (h *heard) join(t *testing.T, channel string) *core.Channel {
	t.Helper()
	c := h.Channel(channel)
	require.Nil(t, outcome(t, h.member, c.Join))
	return c
}

// nothing asserts that no message is there, after one that comes behind all others.
func (h *heard) nothing(t *testing.T, b *backend) {
	t.Helper()
	b.code("/rtm/users/the-end/peer_messages", `{"destination":"`+h.UID()+`","payload":"end"}`)
	assert.Equal(t, "the-end", next(t, h.got).From)
}

func testRESTPeer(t *testing.T, program string) {
	g, b := serveREST(t, program)
	bob := loginHeard(t, g.url, "bob")
	before := time.Now().Add(-time.Second).UnixMilli()
	for query, code := range map[string]string{"": "message_sent", "?wait_for_ack=true": "message_delivered"} {
		assert.Equal(t, code, b.code("/rtm/users/Server/peer_messages"+query, `{"destination":"bob","payload":"héllo 😀"}`))
		d := next(t, bob.got)
		assert.Equal(t, "Server", d.From)
		assert.Equal(t, "héllo 😀", d.Message.Text)
		assert.Equal(t, wire.Message_TEXT, d.Message.Type)
		assert.False(t, d.Offline)
		assert.True(t, before <= d.ServerReceivedMs && d.ServerReceivedMs <= time.Now().Add(time.Second).UnixMilli(), "in ms")
	}
	t.Run("to oneself", func(t *testing.T) {
		assert.Equal(t, "message_offline", b.code("/rtm/users/bob/peer_messages?wait_for_ack=true", `{"destination":"bob","payload":"x"}`))
		bob.nothing(t, b)
	})
	t.Run("of another app", func(t *testing.T) {
		r, err := http.NewRequest(http.MethodPost, g.url+"/dev/v2/project/"+otherApp+"/rtm/users/Server/peer_messages?wait_for_ack=true", strings.NewReader(`{"destination":"bob","payload":"x"}`))
		require.NoError(t, err)
		r.SetBasicAuth(restKey, restSecret)
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		bob.nothing(t, b)
	})
	t.Run("not acknowledged", func(t *testing.T) {
		deaf, err := intrude(t.Context(), t, g.addr()) // who reads nothing more
		require.NoError(t, err)
		defer deaf.CloseNow()
		require.NoError(t, deaf.say(t.Context(), &wire.ClientFrame{Hello: &wire.Hello{Version: 1, AppId: pageApp, Uid: "deaf", Token: restToken(t, token.V007, "deaf", time.Hour)}}))
		_, err = deaf.hearWelcome(t.Context())
		require.NoError(t, err)
		a := b.do(http.MethodPost, "/rtm/users/Server/peer_messages?wait_for_ack=true", `{"destination":"deaf","payload":"x"}`)
		assert.Equal(t, http.StatusRequestTimeout, a.Status)
		assert.Equal(t, "timeout", a.fields(t)["code"])
	})
	t.Run("offline", func(t *testing.T) {
		const flagged = `{"destination":"carol","payload":"%d","enable_offline_messaging":true}`
		assert.Equal(t, "message_offline", b.code("/rtm/users/Server/peer_messages?wait_for_ack=true", `{"destination":"carol","payload":"not kept"}`))
		assert.Equal(t, "message_sent", b.code("/rtm/users/Server/peer_messages", fmt.Sprintf(flagged, 0)))
		for i := 1; i <= core.MaxOfflineMessages; i++ {
			assert.Equal(t, "message_offline", b.code("/rtm/users/Server/peer_messages?wait_for_ack=true", fmt.Sprintf(flagged, i)))
		}
		carol := loginHeard(t, g.url, "carol")
		for i := 1; i <= core.MaxOfflineMessages; i++ { // of 201 the first is gone
			d := next(t, carol.got)
			assert.Equal(t, fmt.Sprint(i), d.Message.Text)
			assert.True(t, d.Offline)
		}
		carol.nothing(t, b)
	})
}

func testRESTChannel(t *testing.T, program string) {
	g, b := serveREST(t, program)
	alice, bob, carol := loginHeard(t, g.url, "alice"), loginHeard(t, g.url, "bob"), loginHeard(t, g.url, "carol")
	alice.join(t, "hall")
	bob.join(t, "hall")
	assert.Equal(t, "message_sent", b.code("/rtm/users/Server/channel_messages", `{"channel_name":"hall","payload":"to all"}`))
	for _, m := range []*heard{alice, bob} {
		d := next(t, m.got)
		assert.Equal(t, []string{"Server", "hall", "to all"}, []string{d.From, d.Channel, d.Message.Text})
		m.nothing(t, b)
	}
	carol.nothing(t, b)
	t.Run("in the name of a member", func(t *testing.T) {
		b.code("/rtm/users/alice/channel_messages", `{"channel_name":"hall","payload":"as alice"}`)
		assert.Equal(t, "alice", next(t, bob.got).From)
		alice.nothing(t, b)
	})
	t.Run("a channel without members", func(t *testing.T) {
		b.code("/rtm/users/Server/channel_messages", `{"channel_name":"nobody","payload":"x"}`)
		carol.join(t, "nobody")
		carol.nothing(t, b)
	})
	t.Run("the sender is no member and not online", func(t *testing.T) {
		counts := outcome(t, alice.member, func(done func([]uint32)) {
			alice.MemberCounts([]string{"hall"}, func(counts []uint32, _ *core.Error) { done(counts) })
		})
		assert.Equal(t, []uint32{2}, counts)
		peers := outcome(t, alice.member, func(done func(core.PresenceList)) {
			alice.QueryPeers([]string{"Server"}, func(list core.PresenceList, _ *core.Error) { done(list) })
		})
		if assert.Len(t, peers, 1) {
			assert.Equal(t, wire.Presence_OFFLINE, peers[0].State)
		}
	})
}

// Ids and payloads at their limits reach clients as they were sent.
func testRESTInput(t *testing.T, program string) {
	g, b := serveREST(t, program)
	const every = "azAZ09 !#$%&()+-:;<=.>?@[]^_{}|~,"
	everyone := loginHeard(t, g.url, every)
	long := loginHeard(t, g.url, strings.Repeat("u", 64))
	number := loginHeard(t, g.url, "12345")
	for _, m := range []*heard{everyone, long, number} {
		assert.Equal(t, "message_delivered", b.code("/rtm/users/"+url.PathEscape(every+"'")+"/peer_messages?wait_for_ack=true", restBody(t, map[string]any{"destination": m.UID(), "payload": "x"})))
		assert.Equal(t, every+"'", next(t, m.got).From)
	}
	assert.Equal(t, "message_delivered", b.code("/rtm/users/a/peer_messages?wait_for_ack=true", `{"destination":12345,"payload":"x"}`))
	next(t, number.got)
	everyone.join(t, every)
	b.code("/rtm/users/Server/channel_messages", restBody(t, map[string]any{"channel_name": every, "payload": "x"}))
	assert.Equal(t, every, next(t, everyone.got).Channel)

	for _, text := range []string{strings.Repeat("x", 32768), strings.Repeat("あ", 10922), strings.Repeat("😀", 8192)} {
		b.code("/rtm/users/a/peer_messages", restBody(t, map[string]any{"destination": "12345", "payload": text}))
		assert.Equal(t, text, next(t, number.got).Message.Text)
	}
	for text, status := range map[string]int{"": 400, strings.Repeat("x", 32769): 400, strings.Repeat("あ", 10923): 400, strings.Repeat("x", 513<<10): 413} {
		a := b.do(http.MethodPost, "/rtm/users/a/peer_messages", restBody(t, map[string]any{"destination": "12345", "payload": text}))
		assert.Equal(t, status, a.Status, "%d bytes", len(text))
		a.fields(t)
	}
	number.nothing(t, b)
}

// A thousand messages of a backend and those that the same user's client sends between them arrive
// once and in order.
func testRESTOrder(t *testing.T, program string) {
	g, b := serveREST(t, program, "--rest-peer-rate", "100000")
	alice, bob := loginHeard(t, g.url, "alice"), loginHeard(t, g.url, "bob")
	want := []string{}
	for i := range 1000 {
		text := fmt.Sprint(i)
		want = append(want, text)
		if i%20 == 19 {
			sent := &core.Outgoing{Message: &core.Message{Type: wire.Message_TEXT, Text: text}}
			require.Nil(t, outcome(t, alice.member, func(done func(*core.Error)) {
				alice.SendToPeer("bob", sent, false, func(_ bool, err *core.Error) { done(err) })
			}))
			continue
		}
		b.code("/rtm/users/alice/peer_messages", `{"destination":"bob","payload":"`+text+`"}`)
	}
	got := []string{}
	for range want {
		got = append(got, next(t, bob.got).Message.Text)
	}
	assert.Equal(t, want, got)
	bob.nothing(t, b)
}

func testRESTRates(t *testing.T, program string) {
	_, b := serveREST(t, program, "--rest-peer-rate", "2")
	send := func() restAnswer {
		return b.do(http.MethodPost, "/rtm/users/a/peer_messages", `{"destination":"nobody","payload":"x"}`)
	}
	var over restAnswer
	require.Eventually(t, func() bool {
		over = send()
		return over.Status == http.StatusTooManyRequests
	}, waitLimit, time.Millisecond)
	assert.Equal(t, "rate_limited", over.fields(t)["code"])
	assert.NotEmpty(t, over.Headers["retry-after"])
	assert.Eventually(t, func() bool { return send().Status == http.StatusOK }, waitLimit, 100*time.Millisecond)
}

// Keys come from flags, variables and files; they are not shown; without one the interface is off.
func testRESTSettings(t *testing.T, program string) {
	off := serve(t, program, "--listen", "127.0.0.1:0", "--data", t.TempDir())
	status, body := off.get(restBase + "/rtm/vendor/user_events")
	assert.Equal(t, http.StatusNotFound, status)
	assert.Contains(t, body, `"code":"rest_off"`)
	assert.Contains(t, body, "--rest-key")

	file := filepath.Join(t.TempDir(), "conf")
	require.NoError(t, os.WriteFile(file, []byte("rest-key one:0123456789abcdef\nrest-key two:0123456789abcdef@"+pageApp+"\n"), 0o600))
	out, err := exec.Command(program, "--config", file, "--print-config").CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Contains(t, string(out), "rest-key one:*** two:***@"+pageApp)
	byVariable := exec.Command(program, "--print-config")
	byVariable.Env = append(os.Environ(), "RTM_REST_KEY=one:0123456789abcdef,two:0123456789abcdef")
	out, err = byVariable.CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Contains(t, string(out), "rest-key one:*** two:***")
	for _, key := range []string{"one:short", "one", "one:0123456789abcdef@nonsense", ""} {
		out, err := exec.Command(program, "--rest-key", key, "--print-config").CombinedOutput()
		assert.Error(t, err, key)
		assert.NotContains(t, string(out), "0123456789abcdef")
	}
}

// With --rest-listen the interface is there and not beside the rest.
func testRESTListen(t *testing.T, program string) {
	address := "127.0.0.1:" + freePort(t)
	g, b := serveREST(t, program, "--rest-listen", address, "--rest-origins", "https://a.example")
	status, _ := g.get(restBase + "/rtm/vendor/user_events")
	assert.Equal(t, http.StatusNotFound, status)
	b.url = "http://" + address
	bob := loginHeard(t, g.url, "bob")
	assert.Equal(t, "message_delivered", b.code("/rtm/users/Server/peer_messages?wait_for_ack=true", `{"destination":"bob","payload":"x"}`))
	next(t, bob.got)
	r, err := http.NewRequest(http.MethodOptions, b.url+restBase+"/rtm/users/a/peer_messages", nil)
	require.NoError(t, err)
	r.Header.Set("Origin", "https://a.example")
	r.Header.Set("Access-Control-Request-Method", "POST")
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	assert.Equal(t, http.StatusNoContent, answer.StatusCode)
	assert.Equal(t, "https://a.example", answer.Header.Get("Access-Control-Allow-Origin"))
}
