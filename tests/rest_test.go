package tests

import (
	"bytes"
	"encoding/base64"
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
	"rtmwasm/tests/cluster"
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

// serveClusterREST runs two gateways of a cluster that share media, each with a user in the channel "hall".
func serveClusterREST(t *testing.T, program string, c *cluster.Cluster, more ...string) (backends []*backend, gateways []*service, users []*heard) {
	t.Helper()
	for range 2 {
		g, b := serveREST(t, program, append([]string{"--nats", strings.Join(c.URLs(), ","), "--media", c.Dir + "/media"}, more...)...)
		backends, gateways = append(backends, b), append(gateways, g)
	}
	for i, g := range gateways {
		u := loginHeard(t, g.url, fmt.Sprint("user", i))
		u.join(t, "hall")
		users = append(users, u)
	}
	return backends, gateways, users
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

// restCall is a call for the programs of tests/backend.
type restCall struct {
	name   string
	status int
	code   string

	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

// callers make calls as backends of several kinds do.
var callers = map[string]func(t *testing.T, calls []restCall) []restAnswer{
	"fetch of Node":         byProgram("node", "fetch"),
	"http of Node":          byProgram("node", "http"),
	"urllib of Python":      byProgram("python3", "urllib"),
	"http.client of Python": byProgram("python3", "http.client"),
	"curl":                  byCurl,
}

func byProgram(program, how string) func(*testing.T, []restCall) []restAnswer {
	return func(t *testing.T, calls []restCall) (answers []restAnswer) {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(program + " is not installed: install it to run this test")
		}
		list, err := json.Marshal(calls)
		require.NoError(t, err)
		script := map[string]string{"node": "backend/call.mjs", "python3": "backend/call.py"}[program]
		var complaints bytes.Buffer
		cmd := exec.CommandContext(t.Context(), program, script, how, string(list))
		cmd.Stderr = &complaints
		out, err := cmd.Output()
		require.NoError(t, err, complaints.String())
		require.NoError(t, json.Unmarshal(out, &answers))
		return answers
	}
}

func byCurl(t *testing.T, calls []restCall) (answers []restAnswer) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed: install it to run this test")
	}
	for _, c := range calls {
		args := []string{"-s", "-i", "-X", c.Method, "--path-as-is", c.URL}
		for name, value := range c.Headers {
			args = append(args, "-H", name+": "+value)
		}
		if c.Body != "" {
			args = append(args, "--data-binary", c.Body)
		}
		out, err := exec.CommandContext(t.Context(), "curl", args...).Output()
		require.NoError(t, err)
		head, body, _ := strings.Cut(string(out), "\r\n\r\n")
		a := restAnswer{Headers: map[string]string{}, Body: body}
		_, err = fmt.Sscanf(head, "HTTP/1.1 %d", &a.Status)
		require.NoError(t, err)
		for _, line := range strings.Split(head, "\r\n")[1:] {
			name, value, _ := strings.Cut(line, ": ")
			a.Headers[strings.ToLower(name)] = value
		}
		answers = append(answers, a)
	}
	return answers
}

// Each kind of caller, with each form of credentials, at each endpoint that sends.
func testRESTCallers(t *testing.T, program string) {
	g, b := serveREST(t, program, "--rest-event-users", "poller", "--rest-event-rate", "1000")
	bob := pageLogin(t, g.url, "bob")
	good := "Basic " + base64.StdEncoding.EncodeToString([]byte(restKey+":"+restSecret))
	alice6, alice7 := restToken(t, token.V006, "alice", time.Hour), restToken(t, token.V007, "alice", time.Hour)
	const peer, hall = "/rtm/users/alice/peer_messages", "/rtm/users/alice/channel_messages"
	toBob, toHall := `{"destination":"bob","payload":"hello"}`, `{"channel_name":"hall","payload":"hello"}`
	type h = map[string]string
	const times = `"start_time":"2026-01-02T03:04:05Z","end_time":"2026-01-02T03:04:06Z"`
	const count = "/rtm/message/history/count?"
	location := b.query(`{"filter":{"source":"nobody",` + times + `}}`)
	calls := []restCall{
		{"history query", 200, "", "POST", "/rtm/message/history/query", h{"Authorization": good, "Content-Type": "application/json"}, `{"filter":{"source":"alice",` + times + `},"limit":20,"order":"desc"}`},
		{"history query by token", 200, "", "POST", "/rtm/message/history/query", h{"x-agora-token": alice6, "x-agora-uid": "alice"}, `{"filter":{"destination":"hall",` + times + `}}`},
		{"history read", 200, "ok", "GET", location, h{"Authorization": good}, ""},
		{"history read without credentials", 401, "unauthorized", "GET", location, h{}, ""},
		{"history read of another's query", 401, "unauthorized", "GET", location, h{"x-agora-token": alice6, "x-agora-uid": "alice"}, ""},
		{"history read too late", 410, "query_expired", "GET", "/rtm/message/history/query/nonsense", h{"Authorization": good}, ""},
		{"history count", 200, "ok", "GET", count + "&source=%22alice%22&start_time=2026-01-02T03:04:05Z&end_time=2026-01-02T03:04:06Z", h{"Authorization": good}, ""},
		{"history count of nobody", 400, "invalid_parameter", "GET", count + "start_time=2026-01-02T03:04:05Z&end_time=2026-01-02T03:04:06Z", h{"Authorization": good}, ""},
		{"basic", 200, "message_sent", "POST", peer, h{"Authorization": good, "Content-Type": "application/json;charset=utf-8"}, toBob},
		{"token 006", 200, "message_sent", "POST", peer, h{"x-agora-token": alice6, "x-agora-uid": "alice", "Content-Type": "application/json"}, toBob},
		{"token 007", 200, "message_sent", "POST", peer, h{"x-agora-token": alice7, "x-agora-uid": "alice", "Content-Type": "text/plain"}, toBob},
		{"agora token", 200, "message_sent", "POST", peer, h{"Authorization": "agora token=" + alice7, "Content-Type": "application/json"}, toBob},
		{"agora token in quotes", 200, "message_sent", "POST", peer, h{"Authorization": `agora token="` + alice7 + `"`}, toBob},
		{"all headers at once", 200, "message_sent", "POST", peer, h{"Authorization": "agora token=" + alice7, "x-agora-token": alice7, "x-agora-uid": "alice"}, toBob},
		{"basic and a stale token", 200, "message_sent", "POST", peer, h{"Authorization": good, "x-agora-token": restToken(t, token.V006, "alice", -time.Second), "x-agora-uid": "alice"}, toBob},
		{"acknowledged", 200, "message_delivered", "POST", peer + "?wait_for_ack=true", h{"Authorization": good}, toBob},
		{"a flag as PHP sends it", 200, "message_delivered", "POST", peer + "?wait_for_ack=1", h{"Authorization": good}, toBob},
		{"an empty flag", 200, "message_sent", "POST", peer + "?wait_for_ack=", h{"Authorization": good}, toBob},
		{"offline", 200, "message_offline", "POST", peer + "?wait_for_ack=true", h{"Authorization": good}, `{"destination":"carol","payload":"x","custom_type":"y"}`},
		{"a blank at the end", 200, "message_sent", "POST", peer + "%20", h{"Authorization": good}, toBob},
		{"channel", 200, "message_sent", "POST", hall, h{"Authorization": good, "Content-Type": "application/json"}, toHall},
		{"channel by token", 200, "message_sent", "POST", hall, h{"x-agora-token": alice6, "x-agora-uid": "alice"}, toHall},
		{"as any user", 200, "message_sent", "POST", "/rtm/users/-/peer_messages", h{"Authorization": good}, toBob},
		{"user events", 200, "", "GET", "/rtm/vendor/user_events", h{"Authorization": good}, ""},
		{"channel events", 200, "", "GET", "/rtm/vendor/channel_events", h{"Authorization": good, "Accept": "application/json"}, ""},
		{"events by a user's token", 401, "unauthorized", "GET", "/rtm/vendor/user_events", h{"x-agora-token": alice6, "x-agora-uid": "alice"}, ""},
		{"events of a poller", 200, "", "GET", "/rtm/vendor/channel_events", h{"x-agora-token": restToken(t, token.V006, "poller", time.Hour), "x-agora-uid": "poller"}, ""},
		{"no credentials", 401, "unauthorized", "POST", peer, h{}, toBob},
		{"wrong secret", 401, "unauthorized", "POST", peer, h{"Authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte(restKey+":s3cret-of-backenD"))}, toBob},
		{"expired", 401, "unauthorized", "POST", peer, h{"Authorization": "agora token=" + restToken(t, token.V007, "alice", -time.Second)}, toBob},
		{"another's token", 401, "unauthorized", "POST", "/rtm/users/bob/peer_messages", h{"Authorization": "agora token=" + alice7}, `{"destination":"alice","payload":"x"}`},
		{"no destination", 400, "invalid_parameter", "POST", peer, h{"Authorization": good}, `{"payload":"x"}`},
		{"no JSON", 400, "invalid_parameter", "POST", peer, h{"Authorization": good}, `destination=bob`},
		{"destination for a channel", 400, "invalid_parameter", "POST", hall, h{"Authorization": good}, toBob},
		{"no such path", 404, "not_found", "POST", "/rtm/users/alice/nonsense", h{"Authorization": good}, toBob},
		{"wrong method", 405, "method_not_allowed", "GET", peer, h{"Authorization": good}, ""},
	}
	for i := range calls {
		calls[i].URL = g.url + restBase + calls[i].URL
	}
	for name, call := range callers {
		t.Run(name, func(t *testing.T) {
			answers := call(t, calls)
			require.Len(t, answers, len(calls))
			ids := map[any]bool{}
			for i, c := range calls {
				f := answers[i].fields(t)
				assert.Equal(t, c.status, answers[i].Status, "%s: %v", c.name, f)
				if c.code != "" {
					assert.Equal(t, c.code, f["code"], c.name)
				}
				assert.Equal(t, f["request_id"], answers[i].Headers["x-request-id"], c.name)
				assert.False(t, ids[f["request_id"]], "request ids differ")
				ids[f["request_id"]] = true
				if c.status == http.StatusOK && strings.Contains(c.Body, `"bob"`) {
					assert.Contains(t, next(t, bob.texts), ": hello")
				}
			}
		})
	}
	log := g.text()
	assert.Contains(t, log, `by="key backend"`)
	for _, secret := range []string{restSecret, alice6, alice7, good} {
		assert.NotContains(t, log, secret)
	}
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

// Whichever gateway of a cluster a backend calls, clients at all of them get what it sends.
func TestClusterREST(t *testing.T) {
	t.Parallel()
	c, program := startCluster(t), buildGateway(t)
	backends, gateways, users := serveClusterREST(t, program, c, "--rest-event-rate", "1000")
	for from, b := range backends {
		for _, u := range users {
			assert.Equal(t, "message_delivered", b.code("/rtm/users/Server/peer_messages?wait_for_ack=true", `{"destination":"`+u.UID()+`","payload":"to one"}`))
			assert.Equal(t, "to one", next(t, u.got).Message.Text)
		}
		text := fmt.Sprint("to all from ", from)
		b.code("/rtm/users/Server/channel_messages", `{"channel_name":"hall","payload":"`+text+`"}`)
		for _, u := range users {
			assert.Equal(t, text, next(t, u.got).Message.Text)
			u.nothing(t, b)
		}
	}
	t.Run("events", func(t *testing.T) {
		assert.ElementsMatch(t, []string{"user0 Login", "user1 Login"}, eventsUntil(t, userEventsPath, 2, backends...))
		assert.ElementsMatch(t, []string{"user0 Join hall", "user1 Join hall"}, eventsUntil(t, channelEventsPath, 2, backends...))
		const n = 60
		var crowd []*heard
		for i := range n {
			crowd = append(crowd, loginHeard(t, gateways[i%2].url, fmt.Sprint("crowd", i)))
		}
		for _, u := range crowd {
			u.logout(t)
		}
		assert.Len(t, distinct(eventsUntil(t, userEventsPath, 2*n, backends...)), 2*n, "each once, whoever is asked")
	})
	t.Run("history", func(t *testing.T) {
		for i := range 20 {
			at, other := backends[i%2], backends[1-i%2]
			at.code("/rtm/users/Server/channel_messages", fmt.Sprintf(`{"channel_name":"kept","payload":"%d","enable_historical_messaging":true}`, i))
			found := other.read(other.query(asked(`"destination":"kept"`, `,"limit":100`)))
			require.Len(t, found, i+1, "what was answered is found at once, at any gateway")
			assert.Equal(t, fmt.Sprint(i), found[i].Payload)
		}
		location := backends[0].query(asked(`"destination":"kept"`, ``))
		assert.Len(t, backends[1].read(location), 20, "a query can be read at any gateway")
	})
	t.Run("a gateway is lost between two calls", func(t *testing.T) {
		const flagged = `{"destination":"zoe","payload":"%d","enable_offline_messaging":true}`
		for i := range 20 {
			backends[0].code("/rtm/users/Server/peer_messages", fmt.Sprintf(flagged, i))
		}
		gateways[0].kill()
		for i := range 20 {
			backends[1].code("/rtm/users/Server/peer_messages", fmt.Sprintf(flagged, 20+i))
		}
		zoe := loginHeard(t, gateways[1].url, "zoe")
		for i := range 40 {
			assert.Equal(t, fmt.Sprint(i), next(t, zoe.got).Message.Text)
		}
		zoe.nothing(t, backends[1])
	})
	t.Run("users of a lost gateway log out", func(t *testing.T) { // user0's client does not find another one
		assert.ElementsMatch(t, []string{"zoe Login", "zoe Logout", "user0 Logout"}, eventsUntil(t, userEventsPath, 3, backends[1]))
		assert.Equal(t, []string{"user0 Leave hall"}, eventsUntil(t, channelEventsPath, 1, backends[1]))
	})
}

func distinct(all []string) map[string]bool {
	seen := map[string]bool{}
	for _, one := range all {
		seen[one] = true
	}
	return seen
}

// restEvent is what the answers of both endpoints have.
type restEvent struct {
	UserID    string `json:"user_id"`
	GroupID   string `json:"group_id"`
	ChannelID string `json:"channel_id"`
	Type      string `json:"type"`
	Ms        int64  `json:"ms"`
	Ts        int64  `json:"ts"`
}

// events takes what there is.
func (b *backend) events(path string) (events []restEvent) {
	b.t.Helper()
	a := b.do(http.MethodGet, path, "")
	require.Equal(b.t, http.StatusOK, a.Status, a.Body)
	a.fields(b.t)
	var list struct {
		Events []restEvent `json:"events"`
	}
	require.NoError(b.t, json.Unmarshal([]byte(a.Body), &list))
	for _, e := range list.Events {
		assert.Equal(b.t, e.Ms, e.Ts)
		assert.Equal(b.t, e.GroupID, e.ChannelID)
		assert.InDelta(b.t, time.Now().UnixMilli(), e.Ms, float64(10*waitLimit.Milliseconds()), "ms")
	}
	return list.Events
}

const (
	userEventsPath    = "/rtm/vendor/user_events"
	channelEventsPath = "/rtm/vendor/channel_events"
)

// until takes events from backends in turn until there are so many, and returns them as text.
func eventsUntil(t *testing.T, path string, n int, backends ...*backend) (said []string) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, b := range backends {
			for _, e := range b.events(path) {
				said = append(said, strings.TrimSpace(e.UserID+" "+e.Type+" "+e.GroupID))
			}
		}
		return len(said) >= n
	}, waitLimit, 200*time.Millisecond)
	return said
}

func testRESTEvents(t *testing.T, program string) {
	g, b := serveREST(t, program, "--rest-event-rate", "1000")
	alice := loginHeard(t, g.url, "alice")
	hall := alice.join(t, "hall")
	require.Nil(t, outcome(t, alice.member, hall.Leave))
	alice.join(t, "attic")
	b.code("/rtm/users/Server/channel_messages", `{"channel_name":"attic","payload":"no event"}`)
	alice.logout(t)
	assert.Equal(t, []string{"alice Login", "alice Logout"}, eventsUntil(t, userEventsPath, 2, b))
	assert.Equal(t, []string{"alice Join hall", "alice Leave hall", "alice Join attic", "alice Leave attic"}, eventsUntil(t, channelEventsPath, 4, b))
	assert.Empty(t, b.events(userEventsPath), "given once")
	assert.Empty(t, b.events(channelEventsPath), "given once")

	// A connection that is cut: after 30 s the user is gone.
	lost, err := intrude(t.Context(), t, g.addr())
	require.NoError(t, err)
	require.NoError(t, lost.say(t.Context(), &wire.ClientFrame{Hello: &wire.Hello{Version: 1, AppId: pageApp, Uid: "lost", Token: restToken(t, token.V007, "lost", time.Hour)}}))
	_, err = lost.hearWelcome(t.Context())
	require.NoError(t, err)
	require.NoError(t, lost.say(t.Context(), &wire.ClientFrame{Id: 1, Join: &wire.Join{Channel: "hall"}}))
	assert.Equal(t, []string{"lost Join hall"}, eventsUntil(t, channelEventsPath, 1, b))
	require.NoError(t, lost.CloseNow())
	assert.Equal(t, []string{"lost Leave hall"}, eventsUntil(t, channelEventsPath, 1, b))
	assert.Equal(t, []string{"lost Login", "lost Logout"}, eventsUntil(t, userEventsPath, 2, b))
}

// asked is the body of a query about the last and the next hour.
func asked(filter, more string) string {
	at := func(d time.Duration) string { return time.Now().UTC().Add(d).Format("2006-01-02T15:04:05Z") }
	return `{"filter":{` + filter + `,"start_time":"` + at(-time.Hour) + `","end_time":"` + at(time.Hour) + `"}` + more + `}`
}

// query makes a query and returns its path.
func (b *backend) query(body string) (path string) {
	b.t.Helper()
	a := b.do(http.MethodPost, "/rtm/message/history/query", body)
	require.Equal(b.t, http.StatusOK, a.Status, a.Body)
	location, _ := a.fields(b.t)["location"].(string)
	path, found := strings.CutPrefix(location, "~")
	require.True(b.t, found)
	return path
}

type historyMessage struct {
	Src         string         `json:"src"`
	Dst         string         `json:"dst"`
	Payload     string         `json:"payload"`
	Ms          int64          `json:"ms"`
	MessageType string         `json:"message_type"`
	Media       map[string]any `json:"media"`
}

func (b *backend) read(path string) []historyMessage {
	b.t.Helper()
	a := b.do(http.MethodGet, path, "")
	require.Equal(b.t, http.StatusOK, a.Status, a.Body)
	require.Equal(b.t, "ok", a.fields(b.t)["code"])
	var list struct {
		Messages []historyMessage `json:"messages"`
	}
	require.NoError(b.t, json.Unmarshal([]byte(a.Body), &list))
	return list.Messages
}

// sendKept sends as an application does with enableHistoricalMessaging.
func (h *heard) sendKept(t *testing.T, peer string, m *core.Message) {
	t.Helper()
	require.Nil(t, outcome(t, h.member, func(done func(*core.Error)) {
		h.SendToPeer(peer, &core.Outgoing{Message: m, History: true}, false, func(_ bool, err *core.Error) { done(err) })
	}))
}

func testRESTHistory(t *testing.T, program string) {
	g, b := serveREST(t, program, "--max-app-history", "10")
	alice, bob := loginHeard(t, g.url, "alice"), loginHeard(t, g.url, "bob")
	text := func(s string) *core.Message { return &core.Message{Type: wire.Message_TEXT, Text: s} }
	hall := alice.join(t, "hall")
	alice.sendKept(t, "bob", text("0"))
	received := next(t, bob.got).ServerReceivedMs
	b.code("/rtm/users/Server/peer_messages", `{"destination":"bob","payload":"1","enable_historical_messaging":true}`)
	b.code("/rtm/users/Server/peer_messages", `{"destination":"bob","payload":"not kept"}`)
	require.Nil(t, outcome(t, alice.member, func(done func(*core.Error)) { hall.Send(&core.Outgoing{Message: text("2"), History: true}, done) }))
	b.code("/rtm/users/alice/channel_messages", `{"channel_name":"hall","payload":"3","enable_historical_messaging":true}`)
	alice.sendKept(t, "nobody", &core.Message{Type: wire.Message_IMAGE, MediaId: "id", FileName: "a.png", Description: "4"})

	payloads := func(filter, more string) (all []string) {
		for _, m := range b.read(b.query(asked(filter, more))) {
			all = append(all, m.Payload)
		}
		return all
	}
	assert.Equal(t, []string{"0", "2", "3", "4"}, payloads(`"source":"alice"`, ``))
	assert.Equal(t, []string{"4", "3"}, payloads(`"source":"alice"`, `,"order":"desc","limit":2`))
	assert.Equal(t, []string{"2", "0"}, payloads(`"source":"alice"`, `,"order":"desc","limit":2,"offset":2`))
	assert.Equal(t, []string{"0", "1"}, payloads(`"destination":"bob"`, ``))
	assert.Equal(t, []string{"2", "3"}, payloads(`"destination":"hall"`, ``))
	assert.Equal(t, []string{"1"}, payloads(`"source":"Server","destination":"bob"`, ``))
	assert.Equal(t, []string{"2", "3"}, payloads(`"source":"alice","destination":"hall"`, ``))
	assert.Empty(t, payloads(`"source":"hall"`, ``))
	first := b.read(b.query(asked(`"destination":"bob"`, ``)))[0]
	assert.Equal(t, historyMessage{Src: "alice", Dst: "bob", Payload: "0", Ms: received, MessageType: "peer_message"}, first)
	image := b.read(b.query(asked(`"destination":"nobody"`, ``)))[0]
	assert.Equal(t, []any{"IMAGE", "id", "a.png"}, []any{image.Media["type"], image.Media["media_id"], image.Media["file_name"]})
	day := time.Now().UTC().Format("2006-01-02")
	counted := b.do(http.MethodGet, "/rtm/message/history/count?source=alice&start_time="+day+"T00:00:00Z&end_time="+day+"T23:59:59.999Z", "")
	assert.Equal(t, 4., counted.fields(t)["count"])

	t.Run("quota", func(t *testing.T) {
		send := func() restAnswer {
			return b.do(http.MethodPost, "/rtm/users/Server/peer_messages", `{"destination":"bob","payload":"x","enable_historical_messaging":true}`)
		}
		for range 5 {
			require.Equal(t, http.StatusOK, send().Status)
		}
		a := send()
		assert.Equal(t, http.StatusTooManyRequests, a.Status)
		assert.Equal(t, "quota_exceeded", a.fields(t)["code"])
	})
}
