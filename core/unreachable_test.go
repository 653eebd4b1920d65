package core

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestUnreachableText(t *testing.T) {
	const cure = "createInstance(appId, { gateway: url }) or setParameter('GATEWAY', url)"
	for name, c := range map[string]struct {
		gateway     string
		here, other Probe
		want        []string
	}{
		"policy, only the socket": {
			"https://gw.example/chat", Probe{SocketBlocked: true, Answered: true, Status: 426, Gateway: true}, Probe{},
			[]string{"Content-Security-Policy", "add wss://gw.example to its connect-src"},
		},
		"policy, both": {
			"http://gw.example:81", Probe{SocketBlocked: true, Blocked: true}, Probe{},
			[]string{"add http://gw.example:81 ws://gw.example:81 to its connect-src"},
		},
		"policy, only the question": {
			"https://gw.example", Probe{Blocked: true}, Probe{},
			[]string{"no gateway answers at https://gw.example", "Content-Security-Policy", "add https://gw.example to its connect-src", cure},
		},
		"origin": {
			"https://gw.example", Probe{Answered: true, Status: 403, Gateway: true, Text: "pages of https://x may not"}, Probe{},
			[]string{"refuses the connection (status 403): pages of https://x may not"},
		},
		"path": {
			"https://gw.example/chat", Probe{Answered: true, Status: 404, Gateway: true}, Probe{},
			[]string{"https://gw.example serves nothing below /chat", "leave the path out", cure},
		},
		"proxy": {
			"https://gw.example/chat", Probe{Answered: true, Status: 426, Gateway: true}, Probe{},
			[]string{"https://gw.example/chat answers over HTTP", "pass the upgrade of https://gw.example/chat/rtm"},
		},
		"http for https": {
			"http://gw.example:81/chat", Probe{Answered: true}, Probe{Gateway: true, Status: 426, Answered: true},
			[]string{"speaks https, not http", "https://gw.example:81/chat", cure},
		},
		"https for http": {
			"https://gw.example", Probe{}, Probe{Gateway: true, Status: 426, Answered: true},
			[]string{"speaks http, not https", "its address is http://gw.example", cure},
		},
		"another server": {
			"https://gw.example", Probe{Answered: true, Status: 404}, Probe{},
			[]string{"what answers at https://gw.example is not a gateway (status 404)", cure},
		},
		"another server, unreadable": {
			"https://gw.example", Probe{Answered: true}, Probe{},
			[]string{"what answers at https://gw.example is not a gateway", "CORS", cure},
		},
		"nothing": {
			"https://gw.example", Probe{}, Probe{},
			[]string{"no gateway answers at https://gw.example", cure},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := unreachableText(c.gateway, c.here, c.other)
			for _, want := range c.want {
				assert.Contains(t, got, want)
			}
		})
	}
}

// probingHost is a Host that finds what the test says; it keeps what is asked.
type probingHost struct {
	*testHost
	asked []string
	done  []func(Probe)
}

func (h *probingHost) Probe(url string, done func(Probe)) (able bool) {
	h.asked = append(h.asked, url)
	h.done = append(h.done, done)
	return true
}

// inProbing has a login whose socket did not open.
func inProbing(t *testing.T, f func(w *world, h *probingHost)) {
	inWorld(t, func(w *world) {
		h := &probingHost{testHost: w.host}
		w.Client.host = entries{h, w.Client}
		w.Login("alice", testToken, w.promise("login"))
		w.host.socket().lose(1006)
		require.Equal(t, []string{"CONNECTING LOGIN"}, w.taken(), "the state while the cause is sought")
		f(w, h)
	})
}

var unreachableOutcome = []string{"DISCONNECTED LOGIN_FAILURE", "login: RtmUnavailableError 1"}

func TestUnreachableAsksBothSchemes(t *testing.T) {
	inProbing(t, func(w *world, h *probingHost) {
		h.done[0](Probe{Answered: true, Status: 404})
		assert.Empty(t, w.taken())
		h.done[1](Probe{})
		assert.Equal(t, unreachableOutcome, w.taken())
		assert.Equal(t, []string{"https://gw.example/rtm", "http://gw.example/rtm"}, h.asked)
		w.host.pass(time.Minute)
		assert.Empty(t, w.taken())
	})
}

func TestUnreachableKnowsEnough(t *testing.T) {
	for _, found := range []Probe{{Gateway: true, Status: 403}, {SocketBlocked: true}} {
		inProbing(t, func(w *world, h *probingHost) {
			h.done[0](found)
			assert.Equal(t, unreachableOutcome, w.taken())
			assert.Len(t, h.asked, 1)
		})
	}
}

func TestUnreachableDoesNotWaitForLong(t *testing.T) {
	inProbing(t, func(w *world, h *probingHost) {
		w.host.pass(probeTimeout)
		assert.Equal(t, unreachableOutcome, w.taken())
		w.Login("alice", testToken, w.promise("again"))
		h.done[0](Probe{Gateway: true, Status: 403})
		w.welcome("s1")
		assert.Equal(t, []string{"CONNECTING LOGIN", "CONNECTED LOGIN_SUCCESS", "again: ok"}, w.taken())
	})
}

func TestLogoutWhileTheCauseIsSought(t *testing.T) {
	inProbing(t, func(w *world, h *probingHost) {
		assert.Nil(t, w.LogoutNow())
		assert.Equal(t, []string{"DISCONNECTED LOGOUT", "login: RtmInterruptedError 201"}, w.taken())
		h.done[0](Probe{Gateway: true, Status: 403})
		w.host.pass(time.Minute)
		assert.Empty(t, w.taken())
	})
}

func TestAGoodLoginAsksNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		h := &probingHost{testHost: w.host}
		w.Client.host = entries{h, w.Client}
		w.Login("alice", testToken, w.promise("login"))
		w.welcome("s1")
		assert.Empty(t, h.asked)
	})
}
