package gateway_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway/session"
)

const (
	query       = wire.PresenceRequest_QUERY
	subscribe   = wire.PresenceRequest_SUBSCRIBE
	unsubscribe = wire.PresenceRequest_UNSUBSCRIBE

	online      = wire.Presence_ONLINE
	unreachable = wire.Presence_UNREACHABLE
	offline     = wire.Presence_OFFLINE
)

func presenceRequest(mode wire.PresenceRequest_Mode, uids ...string) *wire.ClientFrame {
	return &wire.ClientFrame{Presence: &wire.PresenceRequest{Mode: mode, Uid: uids}}
}

// presence asks, and returns the states in the order of the uids.
func (c *client) presence(mode wire.PresenceRequest_Mode, uids ...string) (states []wire.Presence_State) {
	c.t.Helper()
	f := c.ask(presenceRequest(mode, uids...))
	require.NotNil(c.t, f.Presence, "refused: %v", f.Refusal)
	for i, p := range f.Presence.Presence {
		require.Equal(c.t, uids[i], p.Uid)
		states = append(states, p.State)
	}
	return states
}

// news returns the next frame, which must be a push of one user's presence.
func (c *client) news() string {
	c.t.Helper()
	f := c.next()
	require.NotNil(c.t, f.Presence, "got %v", f)
	require.Len(c.t, f.Presence.Presence, 1)
	p := f.Presence.Presence[0]
	return fmt.Sprint(p.Uid, " ", p.State)
}

func TestPresence(t *testing.T) {
	for name, second := range map[string]bool{"one gateway": false, "two gateways": true} {
		t.Run(name, func(t *testing.T) {
			engine := newEngine(t)
			near := newHouse(t, engine)
			far := near
			if second {
				far = newHouse(t, engine)
			}
			ada, bob := near.login("ada"), far.login("bob")
			assert.Equal(t, []wire.Presence_State{online, offline, online}, ada.presence(query, "bob", "eve", "ada"))
			assert.Equal(t, []wire.Presence_State{online, offline}, ada.presence(subscribe, "bob", "eve"))
			assert.Equal(t, []wire.Presence_State{online, offline}, ada.presence(query, "bob", "eve"))

			eve := far.login("eve")
			assert.Equal(t, "eve ONLINE", ada.news())
			bob.send(&wire.ClientFrame{Bye: &wire.Bye{}})
			assert.Equal(t, "bob OFFLINE", ada.news())
			far.login("bob")
			assert.Equal(t, "bob ONLINE", ada.news())
			far.loginTo(appB, "nobody else")
			again := near.login("eve") // displaces
			assert.Equal(t, wire.CloseRemoteLogin, eve.closeCode())
			ada.nothingPushed()

			assert.Empty(t, ada.presence(unsubscribe, "eve", "never subscribed"))
			again.send(&wire.ClientFrame{Bye: &wire.Bye{}})
			again.closeCode()
			require.Eventually(t, func() bool { return ada.presence(query, "eve")[0] == offline }, waitLimit, time.Second)
			ada.nothingPushed()
			ada.send(&wire.ClientFrame{Bye: &wire.Bye{}})
			ada.closeCode()
		})
	}
}

// A user who is silent becomes unreachable, with a socket or without, and then online
// again or offline.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	times := session.Times{Unreachable: 2 * time.Second, PingInterval: 100 * time.Millisecond, SessionTimeout: 2*time.Second + timeToReturn}
	engine := newEngine(t)
	near, far := newHouse(t, engine, withTimes(times)), newHouse(t, engine, withTimes(times))
	ada, bob := near.login("ada"), far.login("bob")
	ada.presence(subscribe, "bob", "mute")

	bob.cut()
	assert.Equal(t, "bob UNREACHABLE", ada.news())
	assert.Equal(t, []wire.Presence_State{unreachable}, ada.presence(query, "bob"))
	bob = far.resume(bob)
	assert.Equal(t, "bob ONLINE", ada.news())
	bob.cut()
	assert.Equal(t, "bob UNREACHABLE", ada.news())
	assert.Equal(t, "bob OFFLINE", ada.news())

	mute := far.dial() // its socket stays, but it does not answer pings
	mute.send(&wire.ClientFrame{Hello: hello(appA, "mute")})
	assert.Equal(t, "mute ONLINE", ada.news())
	assert.Equal(t, "mute UNREACHABLE", ada.news())
	mute.listen() // now it answers, and goes on to
	assert.Equal(t, "mute ONLINE", ada.news())
	far.login("mute") // elsewhere
	ada.nothingPushed()
}

// What changed while a client was away follows what it knew; only the latest of each.
func TestPresenceAfterAResume(t *testing.T) {
	h := newHouse(t, nil)
	ada := h.login("ada")
	ada.presence(subscribe, "bob")
	ada.cut()
	for range 3 {
		bob := h.login("bob")
		bob.send(&wire.ClientFrame{Bye: &wire.Bye{}})
		bob.closeCode()
	}
	h.login("bob")
	back := h.resume(ada)
	last := ""
	for last != "bob ONLINE" || len(back.stash)+len(back.frames) > 0 {
		last = back.news()
	}
	back.nothingPushed()
	assert.Equal(t, []wire.Presence_State{online}, back.presence(query, "bob"))
}

// An answer to a subscription that was lost comes again before the changes after it.
func TestSubscriptionAnsweredAgain(t *testing.T) {
	h := newHouse(t, nil)
	ada := h.login("ada")
	f := presenceRequest(subscribe, "bob")
	f.Id = 1
	ada.send(f)
	require.NotNil(t, ada.answer(1).Presence)
	ada.cut()
	h.login("bob")
	watcher := h.login("watcher")
	require.Eventually(t, func() bool { return watcher.presence(query, "bob")[0] == online }, waitLimit, time.Second)
	ada.lastID = 1
	back := h.resume(ada)
	first := back.next()
	assert.EqualValues(t, 1, first.ReplyTo)
	assert.Equal(t, offline, first.Presence.Presence[0].State)
	assert.Equal(t, "bob ONLINE", back.news())
}

func TestPresenceRefusals(t *testing.T) {
	h := newHouse(t, nil)
	ada := h.login("ada")
	reason := func(f *wire.ClientFrame) wire.Refusal_Reason { return ada.ask(f).Refusal.GetReason() }
	uids := func(from, n int) (out []string) {
		for i := range n {
			out = append(out, fmt.Sprint("user", from+i))
		}
		return out
	}
	assert.Equal(t, wire.Refusal_BAD_REQUEST, reason(presenceRequest(query)))
	assert.Equal(t, wire.Refusal_INVALID_ID, reason(presenceRequest(subscribe, "bob", "a*")))
	assert.Equal(t, wire.Refusal_BAD_REQUEST, reason(presenceRequest(7, "bob")))
	assert.Equal(t, wire.Refusal_LIMIT, reason(presenceRequest(query, uids(0, core.MaxQueriedPeers+1)...)))
	assert.Len(t, ada.presence(query, uids(0, core.MaxQueriedPeers)...), core.MaxQueriedPeers)
	assert.Equal(t, wire.Refusal_LIMIT, reason(presenceRequest(subscribe, uids(0, core.MaxSubscribedPeers+1)...)))
	ada.presence(subscribe, uids(0, 500)...)
	assert.Equal(t, wire.Refusal_LIMIT, reason(presenceRequest(subscribe, uids(490, 23)...)))
	ada.presence(subscribe, uids(490, 22)...)
	ada.presence(unsubscribe, "user0")
	ada.presence(subscribe, "one more")
	h.login("user512") // was refused
	ada.nothingPushed()
	h.login("user511")
	assert.Equal(t, "user511 ONLINE", ada.news())
}

func TestCounts(t *testing.T) {
	engine := newEngine(t)
	near, far := newHouse(t, engine), newHouse(t, engine)
	ada, bob := near.login("ada"), far.login("bob")
	bob.join("room")
	bob.join("hall")
	near.login("eve").join("hall")
	ask := func(channels ...string) *wire.ServerFrame {
		return ada.ask(&wire.ClientFrame{Counts: &wire.Counts{Channel: channels}})
	}
	require.Eventually(t, func() bool {
		counts := ask("hall", "room", "nowhere", "hall").Counts.GetCount()
		return assert.ObjectsAreEqual([]uint32{2, 1, 0, 2}, counts)
	}, waitLimit, time.Second)
	dan, allowed := near.exceedRate(core.OpCounts, func() *client { return near.login("dan") }, func(int) *wire.ClientFrame {
		return &wire.ClientFrame{Counts: &wire.Counts{Channel: []string{"room"}}}
	})
	assert.Equal(t, []uint32{1}, dan.answer(allowed[0]).Counts.GetCount())
	for _, bad := range [][]string{{}, make([]string, 33), {"a*"}} {
		refused := near.login("new").ask(&wire.ClientFrame{Counts: &wire.Counts{Channel: bad}})
		assert.Contains(t, []wire.Refusal_Reason{wire.Refusal_BAD_REQUEST, wire.Refusal_INVALID_ID}, refused.Refusal.GetReason())
	}
	other := near.loginTo(appB, "ada").ask(&wire.ClientFrame{Counts: &wire.Counts{Channel: []string{"hall"}}})
	assert.Equal(t, []uint32{0}, other.Counts.GetCount(), "apps do not see each other")
}
