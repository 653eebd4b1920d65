package gateway_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
	"rtmwasm/gateway"
	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/event"
	"rtmwasm/gateway/session"
)

// diary is a session.Events.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) Report(e event.Event) {
	kinds := map[event.Kind]string{event.LoggedIn: " logged in", event.LoggedOut: " logged out", event.Joined: " joined ", event.Left: " left "}
	line := e.User.ID + kinds[e.Kind] + e.Channel
	switch {
	case e.Send != nil:
		line += " sent " + e.Send.Message.Text + " to " + e.Send.Peer + e.Send.Channel
	case e.Answer != nil:
		line += " answers " + e.Caller + " " + e.Answer.CallId + ": " + e.Answer.Kind.String()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, line)
}

// said waits for so many lines and returns all.
func (d *diary) said(t *testing.T, n int) (lines []string) {
	t.Helper()
	require.Eventually(t, func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		lines = append([]string{}, d.lines...)
		return len(lines) >= n
	}, waitLimit, time.Millisecond, "%v", lines)
	return lines
}

func keeping(d *diary) func(*gateway.Config) {
	return func(c *gateway.Config) { c.Events = d }
}

func TestEventsOfASession(t *testing.T) {
	d := &diary{}
	h := newHouse(t, nil, keeping(d))
	a := h.login("ada")
	a.join("hall")
	a.join("hall") // once more: nothing new
	a.send(&wire.ClientFrame{Leave: &wire.Leave{Channel: "hall"}})
	a.join("attic")
	a.send(&wire.ClientFrame{Bye: &wire.Bye{}})
	assert.Equal(t, []string{"ada logged in", "ada joined hall", "ada left hall", "ada joined attic", "ada left attic", "ada logged out"}, d.said(t, 6))
}

// A connection that is cut is no event.
func TestEventsOfACutConnection(t *testing.T) {
	d := &diary{}
	h := newHouse(t, nil, keeping(d))
	a := h.login("ada")
	a.join("hall")
	a.cut()
	a = h.resume(a)
	a.send(&wire.ClientFrame{Leave: &wire.Leave{Channel: "hall"}})
	a.join("attic")
	a.send(&wire.ClientFrame{Bye: &wire.Bye{}})
	assert.Equal(t, []string{"ada logged in", "ada joined hall", "ada left hall", "ada joined attic", "ada left attic", "ada logged out"}, d.said(t, 6))
}

// A client that does not come back leaves its channels, and is logged out.
func TestEventsOfAClientThatStaysAway(t *testing.T) {
	d := &diary{}
	h := newHouse(t, nil, keeping(d), withTimes(session.Times{SessionTimeout: 100 * time.Millisecond}))
	a := h.login("ada")
	a.join("hall")
	a.cut()
	assert.Equal(t, []string{"ada logged in", "ada joined hall", "ada left hall", "ada logged out"}, d.said(t, 4))
}

// A user who logs in once more elsewhere stays logged in, and leaves the channels of the former
// session.
func TestEventsOfALoginElsewhere(t *testing.T) {
	d := &diary{}
	h := newHouse(t, nil, keeping(d))
	a := h.login("ada")
	a.join("hall")
	again := h.login("ada")
	assert.Equal(t, wire.CloseRemoteLogin, a.closeCode())
	assert.Equal(t, []string{"ada logged in", "ada joined hall", "ada left hall"}, d.said(t, 3))
	again.send(&wire.ClientFrame{Bye: &wire.Bye{}})
	assert.Equal(t, "ada logged out", d.said(t, 4)[3])
}

// A login that is refused is no event.
func TestEventsOfARefusedLogin(t *testing.T) {
	d := &diary{}
	h := newHouse(t, nil, keeping(d))
	h.login("ada")
	back := hello(appA, "ada")
	back.Reconnect = true
	_, f := h.knock(back)
	require.NotNil(t, f.Refusal)
	h.login("bob")
	assert.Equal(t, []string{"ada logged in", "bob logged in"}, d.said(t, 2))
}

// A session that goes on at another gateway is neither a logout nor a login.
func TestEventsOfAMove(t *testing.T) {
	d := &diary{}
	engine := newEngine(t)
	one, two := newHouse(t, engine, keeping(d)), newHouse(t, engine, keeping(d))
	a := one.login("ada")
	a.join("hall")
	a = two.resume(a)
	require.NotNil(t, a.ask(&wire.ClientFrame{Join: &wire.Join{Channel: "hall", SinceMs: time.Now().UnixMilli()}}).Joined)
	a.send(&wire.ClientFrame{Bye: &wire.Bye{}})
	assert.Equal(t, []string{"ada logged in", "ada joined hall", "ada left hall", "ada logged out"}, d.said(t, 4))
}

// A session that goes on at another gateway and does not enter a channel again has left it.
func TestEventsOfAMoveThatLeavesAChannel(t *testing.T) {
	t.Parallel()
	d := &diary{}
	engine := newEngine(t)
	one, two := newHouse(t, engine, keeping(d), withTimes(session.Times{SessionTimeout: timeToReturn})), newHouse(t, engine, keeping(d))
	a := one.login("ada")
	a.join("hall")
	a.join("attic")
	a = two.resume(a)
	require.NotNil(t, a.ask(&wire.ClientFrame{Join: &wire.Join{Channel: "hall", SinceMs: time.Now().UnixMilli()}}).Joined)
	assert.Equal(t, []string{"ada logged in", "ada joined hall", "ada joined attic", "ada left attic"}, d.said(t, 4))
	a.send(&wire.ClientFrame{Bye: &wire.Bye{}})
	assert.Equal(t, []string{"ada left hall", "ada logged out"}, d.said(t, 6)[4:])
}

// Messages are told as they are sent, once each, whether or not anybody gets them; those that are
// refused are not.
func TestEventsOfMessages(t *testing.T) {
	d := &diary{}
	h := newHouse(t, nil, keeping(d))
	a := h.login("ada")
	a.join("hall")
	a.ask(toPeer("bob", "one"))
	a.send(&wire.ClientFrame{Id: a.lastID, Send: toPeer("bob", "one").Send}) // repeated by a client that heard no answer
	require.NotNil(t, a.ask(toChannel("hall", "two")).Sent)
	require.NotNil(t, a.ask(toChannel("attic", "three")).Refusal, "not joined")
	require.NotNil(t, a.ask(toPeer("bob", "four")).Sent)
	assert.Equal(t, []string{"ada logged in", "ada joined hall", "ada sent one to bob", "ada sent two to hall", "ada sent four to bob"}, d.said(t, 5))
}

// heldEnter is an engine that, while held, does not return from Enter until hold is closed.
type heldEnter struct {
	session.Engine
	hold chan struct{}
	held *atomic.Bool
}

func (e heldEnter) Enter(ctx context.Context, m channel.Member) (uint64, error) {
	revision, err := e.Engine.Enter(ctx, m)
	if e.held.Load() {
		<-e.hold
	}
	return revision, err
}

// A client that has the answer to a join may do the next thing at once: the join is told before that.
func TestJoinsAreToldFirst(t *testing.T) {
	d := &diary{}
	hold, held := make(chan struct{}), &atomic.Bool{}
	h := newHouse(t, nil, keeping(d), func(c *gateway.Config) { c.Engine = heldEnter{c.Engine, hold, held} })
	defer close(hold)
	a, b := h.login("ada"), h.login("bob")
	b.join("hall")
	d.said(t, 3)
	held.Store(true)
	a.join("hall")
	require.NotNil(t, a.ask(toPeer("bob", "one")).Sent)
	assert.Equal(t, []string{"ada logged in", "bob logged in", "bob joined hall", "ada joined hall", "ada sent one to bob"}, d.said(t, 5))
}

// An answer to an invitation is told when the caller has it; other steps are not.
func TestEventsOfInvitations(t *testing.T) {
	d := &diary{}
	h := newHouse(t, nil, keeping(d))
	a, b := h.login("ada"), h.login("bob")
	step := func(from *client, kind wire.Invitation_Kind, to *client) {
		i := offer(to.uid)
		i.Kind = kind
		from.lastID++
		from.send(&wire.ClientFrame{Id: from.lastID, Invitation: i})
		require.NotNil(t, to.next().Invitation)
		require.True(t, from.answer(from.lastID).Sent.Received)
	}
	step(a, wire.Invitation_OFFER, b)
	step(b, wire.Invitation_ACCEPT, a)
	step(a, wire.Invitation_CONFIRM, b)
	step(a, wire.Invitation_CANCEL, b)
	late := offer("carol")
	late.Kind = wire.Invitation_REFUSE
	require.False(t, b.ask(&wire.ClientFrame{Invitation: late}).Sent.Received, "a caller who is not there")
	step(b, wire.Invitation_REFUSE, a)
	assert.Equal(t, []string{"ada logged in", "bob logged in", "bob answers ada c: ACCEPT", "bob answers ada c: REFUSE"}, d.said(t, 4))
}
