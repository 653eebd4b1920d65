package tests

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/tests/cluster"
)

const hookSecret, oldHookSecret = "0123456789abcdef-of-the-hook", "fedcba9876543210-of-the-hook"

// hookEvent is an event that a receiver printed.
type hookEvent struct {
	ID, Type, UID, Channel, Peer, Answer string
	CallID                               string `json:"call_id"`
	Duplicate                            bool
	Message                              map[string]any
	File                                 map[string]any
}

func (e hookEvent) String() string {
	return strings.TrimSpace(strings.Join(strings.Fields(e.UID+" "+e.Type+" "+e.Channel+e.Peer+" "+e.Answer), " "))
}

// receiver is one of the examples, as a process.
type receiver struct {
	*exec.Cmd
	port  string
	ended chan struct{}

	mu     sync.Mutex
	events []hookEvent
}

// hookReceivers are the commands of the examples.
func hookReceivers(t *testing.T) map[string][]string {
	t.Helper()
	program, err := hookBuild()
	require.NoError(t, err)
	all := map[string][]string{"Go": {program}}
	if _, err := exec.LookPath("node"); err == nil {
		all["Node"] = []string{"node", "../examples/webhook/receiver.mjs"}
	}
	return all
}

var receiverListens = regexp.MustCompile(`listening on http://127\.0\.0\.1:(\d+)`)

// receive starts a receiver; port "0" picks one.
func receive(t *testing.T, command []string, port, secrets string) *receiver {
	t.Helper()
	r := &receiver{Cmd: exec.Command(command[0], command[1:]...), ended: make(chan struct{})}
	r.Env = append(r.Environ(), "PORT="+port, "RTM_WEBHOOK_SECRET="+secrets)
	stdout, err := r.StdoutPipe()
	require.NoError(t, err)
	stderr, err := r.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, r.Start())
	listens := make(chan string, 1)
	var reading sync.WaitGroup
	reading.Go(func() {
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			if m := receiverListens.FindStringSubmatch(lines.Text()); m != nil {
				listens <- m[1]
			}
		}
	})
	reading.Go(func() {
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			var e hookEvent
			if assert.NoError(t, json.Unmarshal(lines.Bytes(), &e), lines.Text()) {
				r.mu.Lock()
				r.events = append(r.events, e)
				r.mu.Unlock()
			}
		}
	})
	go func() {
		defer close(r.ended)
		reading.Wait()
		_ = r.Wait()
	}()
	t.Cleanup(r.kill)
	select {
	case r.port = <-listens:
	case <-time.After(waitLimit):
		require.FailNow(t, "the receiver does not listen")
	}
	return r
}

func (r *receiver) kill() {
	_ = r.Process.Kill()
	<-r.ended
}

func (r *receiver) all() []hookEvent {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

// until waits for so many different events, of all receivers, and returns them in their order.
func until(t *testing.T, n int, receivers ...*receiver) (events []hookEvent) {
	t.Helper()
	require.Eventually(t, func() bool {
		events = nil
		seen := map[string]bool{}
		for _, r := range receivers {
			for _, e := range r.all() {
				if !seen[e.ID] {
					seen[e.ID] = true
					events = append(events, e)
				}
			}
		}
		return len(events) >= n
	}, waitLimit, 20*time.Millisecond, "events: %v", &events)
	require.Len(t, events, n, "%v", events)
	return events
}

func describe(events []hookEvent) (all []string) {
	for _, e := range events {
		all = append(all, e.String())
	}
	return all
}

// queuedEvents are those that a gateway has queued.
func queuedEvents(t *testing.T, g *service) int {
	t.Helper()
	return int(g.counts(t, `rtm_webhook_events_total{result="queued"}`))
}

func serveHooked(t *testing.T, program, port string, more ...string) *service {
	t.Helper()
	g, _ := serveREST(t, program, append([]string{"--metrics", "127.0.0.1:0", "--webhook", "http://127.0.0.1:" + port + "/rtm", "--webhook-secret", hookSecret}, more...)...)
	return g
}

// TestWebhook runs the examples of receivers as processes against a real gateway.
func TestWebhook(t *testing.T) {
	t.Parallel()
	program, receivers := buildGateway(t), hookReceivers(t)
	for name, command := range receivers {
		for kind, test := range map[string]func(t *testing.T, program string, command []string){
			"events":     testWebhookEvents,
			"kill -9":    testWebhookKill,
			"signatures": testWebhookSignatures,
		} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				test(t, program, command)
			})
		}
	}
}

// All kinds of events, in their order. What users write is told where it is asked for.
func testWebhookEvents(t *testing.T, program string, command []string) {
	r := receive(t, command, "0", hookSecret)
	g := serveHooked(t, program, r.port, "--webhook-events", "login,logout,join,leave,upload,invitation,peer_message,channel_message", "--webhook-content")
	alice, bob := loginHeard(t, g.url, "alice"), loginHeard(t, g.url, "bob")
	until(t, 2, r)
	id := alice.store(t, []byte("the content"))
	until(t, 3, r)
	require.Nil(t, outcome(t, alice.member, func(done func(*core.Error)) { done(alice.Invitation("bob", "call1").Send()) })) // bob accepts
	until(t, 4, r)
	hall := alice.join(t, "hall")
	require.Nil(t, outcome(t, alice.member, func(done func(*core.Error)) {
		hall.Send(&core.Outgoing{Message: &core.Message{Type: wire.Message_TEXT, Text: "to all"}}, done)
	}))
	require.Nil(t, outcome(t, alice.member, hall.Leave))
	alice.logout(t)
	until(t, 8, r) // events of two users have no order
	bob.logout(t)
	events := until(t, 9, r)
	assert.ElementsMatch(t, []string{"alice login", "bob login"}, describe(events[:2]))
	assert.Equal(t, []string{"alice upload", "bob invitation alice accepted", "alice join hall", "alice channel_message hall", "alice leave hall", "alice logout", "bob logout"}, describe(events[2:]))
	assert.Equal(t, id, events[2].File["media_id"])
	assert.Equal(t, "call1", events[3].CallID)
	assert.Equal(t, map[string]any{"type": "text", "text": "to all"}, events[5].Message)
}

// InvitationReceived implements core.Events: these clients accept every call.
func (*heard) InvitationReceived(i *core.Invitation) { _ = i.Accept() }

// The receiver is away at first, the gateway is killed while events wait, while they are delivered, and
// then the receiver is: no event is lost, and what comes twice has the same id.
func testWebhookKill(t *testing.T, program string, command []string) {
	port, data := freePort(t), t.TempDir()
	start := func() *service { return serveHooked(t, program, port, "--data", data) }
	const rounds, users = 3, 40
	var want []string
	var receivers []*receiver
	for round := range rounds {
		g := start()
		if round == 1 { // what waits is being delivered as the gateway is killed
			receivers = append(receivers, receive(t, command, port, hookSecret))
		}
		for i := range users {
			u := loginHeard(t, g.url, fmt.Sprint("user", round, "-", i))
			u.logout(t)
			want = append(want, u.UID()+" login", u.UID()+" logout")
		}
		require.Eventually(t, func() bool { return queuedEvents(t, g) == 2*users }, waitLimit, 10*time.Millisecond)
		g.kill()
		if round == 1 {
			receivers[0].kill()
		}
	}
	receivers = append(receivers, receive(t, command, port, hookSecret))
	g := start()
	events := until(t, len(want), receivers...)
	assert.ElementsMatch(t, want, describe(events), "each event once by its id")
	require.Eventually(t, func() bool { return g.counts(t, `rtm_webhook_oldest_seconds`) == 0 }, waitLimit, 10*time.Millisecond)
	order := map[string]int{}
	for i, e := range events {
		order[e.String()] = i
	}
	for i := 0; i < len(want); i += 2 {
		assert.Less(t, order[want[i]], order[want[i+1]], "%s", want[i])
	}
}

// The receiver takes what is signed with one of its secrets, and nothing else.
func testWebhookSignatures(t *testing.T, program string, command []string) {
	test := func(port, secrets string) (string, int) {
		cmd := exec.Command(program, "webhook-test", "--webhook", "http://127.0.0.1:"+port, "--webhook-secret", secrets)
		out, _ := cmd.CombinedOutput()
		return string(out), cmd.ProcessState.ExitCode()
	}
	both := receive(t, command, "0", oldHookSecret+" "+hookSecret)
	fresh := receive(t, command, "0", hookSecret)
	for _, c := range []struct {
		r       *receiver
		secrets string
		code    int
	}{
		{both, oldHookSecret, 0}, {both, hookSecret, 0}, {both, oldHookSecret + "," + hookSecret, 0},
		{fresh, oldHookSecret + "," + hookSecret, 0}, {fresh, hookSecret, 0}, {fresh, oldHookSecret, 1},
	} {
		out, code := test(c.r.port, c.secrets)
		assert.Equal(t, c.code, code, out)
		if c.code == 1 {
			assert.Contains(t, out, "status 401")
			assert.Contains(t, out, "the signature is wrong")
		}
	}
	assert.Equal(t, "rtm-gateway test", until(t, 3, both)[0].String())
	until(t, 2, fresh)

	// What an attacker who saw a request can do.
	url := "http://127.0.0.1:" + fresh.port
	now := strconv.FormatInt(time.Now().Unix(), 10)
	old := strconv.FormatInt(time.Now().Add(-time.Hour).Unix(), 10)
	const body = `{"events":[{"id":"forged"}]}`
	for name, c := range map[string]struct {
		id, time, signature, body string
		status                    int
		answer                    string
	}{
		"good":               {"i", now, hookSignature("i", now, body), body, 200, "taken"},
		"among others":       {"j", now, "v1,AAAA v2,x " + hookSignature("j", now, `{"events":[]}`), `{"events":[]}`, 200, "taken"},
		"no signature":       {"i", now, "", body, 401, "missing"},
		"no text":            {"i", now, "v1,", body, 401, "wrong"},
		"another body":       {"i", now, hookSignature("i", now, body), body + " ", 401, "wrong"},
		"another time":       {"i", now, hookSignature("i", old, body), body, 401, "wrong"},
		"another id":         {"k", now, hookSignature("i", now, body), body, 401, "wrong"},
		"replayed":           {"i", old, hookSignature("i", old, body), body, 401, "too old"},
		"a time that is not": {"i", "x", hookSignature("i", "x", body), body, 401, "too old"},
		"no JSON":            {"i", now, hookSignature("i", now, "no"), "no", 400, "no batch"},
	} {
		r, err := http.NewRequest(http.MethodPost, url, strings.NewReader(c.body))
		require.NoError(t, err)
		r.Header.Set("Webhook-Id", c.id)
		r.Header.Set("Webhook-Timestamp", c.time)
		r.Header.Set("Webhook-Signature", c.signature)
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		_ = answer.Body.Close()
		assert.Equal(t, c.status, answer.StatusCode, name)
		assert.Contains(t, string(text), c.answer, name)
	}
	assert.Equal(t, "forged", until(t, 3, fresh)[2].ID)
}

// watchPosters returns what counts how often a gateway has begun to post: at first, and when the one before has given
// back its lease or has not renewed it in time, as on a machine that is very busy.
func watchPosters(t *testing.T, c *cluster.Cluster) (began func() int) {
	t.Helper()
	nc, err := nats.Connect(strings.Join(c.URLs(), ","))
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	require.NoError(t, err)
	var bucket jetstream.KeyValue
	require.EventuallyWithT(t, func(ct *assert.CollectT) {
		bucket, err = js.KeyValue(t.Context(), "rtm_leases")
		require.NoError(ct, err)
	}, waitLimit, 10*time.Millisecond)
	watcher, err := bucket.WatchAll(t.Context())
	require.NoError(t, err)
	const leaseLife = 15 * time.Second
	times := 0
	var written time.Time // when the lease was written last; zero if it was given back
	return func() int {
		last, err := bucket.PutString(t.Context(), "until-here", "") // the watcher has all that comes before, too
		require.NoError(t, err)
		for {
			switch entry := next(t, watcher.Updates()); {
			case entry == nil: // what was there at first ends here
			case entry.Revision() == last:
				return times
			case entry.Key() != "hook":
			case entry.Operation() != jetstream.KeyValuePut:
				written = time.Time{}
			default: // a renewal comes before the lease expires
				if entry.Created().Sub(written) >= leaseLife {
					times++
				}
				written = entry.Created()
			}
		}
	}
}

func hookSignature(id, seconds, body string) string {
	mac := hmac.New(sha256.New, []byte(hookSecret))
	mac.Write([]byte(id + "." + seconds + "." + body))
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// A hook that does not answer does not hold up the end of a gateway.
func TestWebhookThatHangs(t *testing.T) {
	t.Parallel()
	called, end := make(chan struct{}, 1), make(chan struct{})
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		called <- struct{}{}
		<-end
	}))
	defer hook.Close()
	defer close(end)
	_, port, err := net.SplitHostPort(hook.Listener.Addr().String())
	require.NoError(t, err)
	g := serveHooked(t, buildGateway(t), port, "--webhook-timeout", "1m", "--drain", "2s")
	loginHeard(t, g.url, "alice").logout(t)
	select {
	case <-called:
	case <-time.After(waitLimit):
		require.FailNow(t, "the hook is not called")
	}
	began := time.Now()
	g.signal(syscall.SIGTERM)
	assert.Equal(t, 0, g.exit())
	assert.Less(t, time.Since(began), 45*time.Second, "it did not wait for the hook")
}

// Of a cluster's gateways one posts at a time: each event comes once while all live. When the one that
// posts is killed, another goes on, and tells of the users that the dead one had.
func TestClusterWebhook(t *testing.T) {
	t.Parallel()
	c, program := startCluster(t), buildGateway(t)
	r := receive(t, hookReceivers(t)["Go"], "0", hookSecret)
	var gateways []*service
	for range 2 {
		gateways = append(gateways, serveHooked(t, program, r.port, "--nats", strings.Join(c.URLs(), ","), "--media", c.Dir+"/media"))
	}
	delivered := func(g *service) float64 { return g.counts(t, `rtm_webhook_events_total{result="delivered"}`) }
	posters := watchPosters(t, c)
	const users = 40
	var want []string
	for i := range users {
		u := loginHeard(t, gateways[i%2].url, fmt.Sprint("user", i))
		u.logout(t)
		want = append(want, u.UID()+" login", u.UID()+" logout")
	}
	assert.ElementsMatch(t, want, describe(until(t, 2*users, r)))
	require.Eventually(t, func() bool { return delivered(gateways[0])+delivered(gateways[1]) >= 2*users }, waitLimit, 10*time.Millisecond)
	poster, other := gateways[0], gateways[1]
	if delivered(poster) < delivered(other) {
		poster, other = other, poster
	}
	events, byOther := len(r.all()), delivered(other)
	if n := posters(); n == 1 {
		assert.Equal(t, 2*users, events, "no event comes twice")
		assert.Zero(t, byOther, "one gateway posts")
	} else {
		t.Logf("%d times a gateway began to post: the one before was held up for so long that it lost its lease", n)
	}

	lost := loginHeard(t, poster.url, "lost")
	lost.join(t, "hall")
	require.Eventually(t, func() bool { return queuedEvents(t, poster)+queuedEvents(t, other) == 2*users+2 }, waitLimit, 10*time.Millisecond)
	poster.kill()
	late := loginHeard(t, other.url, "late")
	late.logout(t)
	want = append(want, "lost login", "lost join hall", "late login", "late logout", "lost leave hall", "lost logout")
	assert.ElementsMatch(t, want, describe(until(t, len(want), r)))
}
