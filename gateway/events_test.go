package gateway_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
	"rtmwasm/gateway"
)

// diary is a gateway.Events.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) Tell(e gateway.SessionEvent) {
	kinds := map[gateway.EventKind]string{gateway.LoggedIn: " logged in", gateway.LoggedOut: " logged out", gateway.Joined: " joined ", gateway.Left: " left "}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, e.User.ID+kinds[e.Kind]+e.Channel)
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
	h := newHouse(t, nil, keeping(d), withTimes(gateway.Times{SessionTimeout: 100 * time.Millisecond}))
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
	d := &diary{}
	engine := newEngine(t)
	one, two := newHouse(t, engine, keeping(d), withTimes(gateway.Times{SessionTimeout: 5 * time.Second})), newHouse(t, engine, keeping(d))
	a := one.login("ada")
	a.join("hall")
	a.join("attic")
	a = two.resume(a)
	require.NotNil(t, a.ask(&wire.ClientFrame{Join: &wire.Join{Channel: "hall", SinceMs: time.Now().UnixMilli()}}).Joined)
	assert.Equal(t, []string{"ada logged in", "ada joined hall", "ada joined attic", "ada left attic"}, d.said(t, 4))
	a.send(&wire.ClientFrame{Bye: &wire.Bye{}})
	assert.Equal(t, []string{"ada left hall", "ada logged out"}, d.said(t, 6)[4:])
}
