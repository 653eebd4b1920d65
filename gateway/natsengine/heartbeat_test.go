package natsengine

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/session"
)

const testApp = "0123456789abcdef0123456789abcdef"

func openEngine(t testing.TB, opts Options) *Engine {
	if opts.Dir == "" {
		opts.Dir = t.TempDir()
	}
	e, err := Open(t.Context(), opts)
	require.NoError(t, err)
	t.Cleanup(e.Close)
	return e
}

// What a gateway holds vanishes once it has stopped renewing its key.
func TestDeadGateway(t *testing.T) {
	e := openEngine(t, Options{GatewayLife: 20 * time.Second}) // the living one must not lapse on a busy machine
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	require.NoError(t, e.RegisterGateway(ctx, "alive", func() { t.Error("the living lapsed") }, nil))

	user := id.User{App: testApp, ID: "ghost"}
	ghost := channel.Member{Channel: channel.ID{App: testApp, Channel: "room"}, UID: "ghost", Session: "s1", Gateway: "dying", Entry: 1}
	living := channel.Member{Channel: ghost.Channel, UID: "ada", Session: "s2", Gateway: "alive", Entry: 1}
	_, err := e.gateways.Create(ctx, "dying", nil) // announced once, never again
	require.NoError(t, err)
	require.NoError(t, e.register(ctx, "dying"))
	_, err = e.Claim(ctx, user, always(session.Record{Session: "s1", Gateway: "dying"}))
	require.NoError(t, err)
	entered, err := e.Enter(ctx, ghost)
	require.NoError(t, err)
	_, err = e.Enter(ctx, living)
	require.NoError(t, err)

	gone := make(chan string, 8)
	stop, err := e.FollowGateways(func(gateway string, upTo uint64) {
		assert.GreaterOrEqual(t, upTo, entered)
		gone <- gateway
	})
	require.NoError(t, err)
	t.Cleanup(stop)
	assert.Equal(t, []string{"ada", "ghost"}, present(t, e, ghost.Channel))
	select {
	case id := <-gone:
		assert.Equal(t, "dying", id)
	case <-time.After(time.Minute):
		require.Fail(t, "the dead gateway's member stays")
	}
	assert.Equal(t, []string{"ada"}, present(t, e, ghost.Channel))
	_, err = e.Lookup(ctx, user)
	require.ErrorIs(t, err, session.ErrNoSession)
	assert.Empty(t, gone)
}

// present are the members of a channel.
func present(t *testing.T, e *Engine, id channel.ID) (uids []string) {
	s, err := e.Members(t.Context(), id, 0)
	require.NoError(t, err)
	for _, m := range s.Members {
		uids = append(uids, m.UID)
	}
	slices.Sort(uids)
	return uids
}

// overtaken is a bucket that lists no keys, as when all were written again during the list.
type overtaken struct{ jetstream.KeyValue }

func (overtaken) Keys(context.Context, ...jetstream.WatchOpt) ([]string, error) {
	return nil, jetstream.ErrNoKeysFound
}

func (overtaken) Watch(context.Context, string, ...jetstream.WatchOpt) (jetstream.KeyWatcher, error) {
	return nil, jetstream.ErrNoKeysFound
}

// What a living gateway holds stays, even if a list of gateways misses it.
func TestSweepLeavesLivingGateways(t *testing.T) {
	e := openEngine(t, Options{})
	_, err := e.gateways.Create(t.Context(), "alive", nil)
	require.NoError(t, err)
	living, dead := id.User{App: testApp, ID: "ada"}, id.User{App: testApp, ID: "ghost"}
	for user, id := range map[id.User]string{living: "alive", dead: "dead"} {
		require.NoError(t, e.register(t.Context(), id))
		_, err = e.Claim(t.Context(), user, always(session.Record{Session: "s", Gateway: id}))
		require.NoError(t, err)
	}
	e.gateways = overtaken{e.gateways}
	require.NoError(t, e.sweep(t.Context(), ""))
	_, err = e.Lookup(t.Context(), living)
	require.NoError(t, err)
	_, err = e.Lookup(t.Context(), dead)
	require.ErrorIs(t, err, session.ErrNoSession)
}

// A gateway renews its key even while another stream cannot be read: the others would take it for
// dead. It does not when that stream was made again: then the gateway ends.
func TestUnreachableStreamStopsNoHeartbeat(t *testing.T) {
	e := openEngine(t, Options{})
	_, err := e.gateways.Create(t.Context(), "gw", nil)
	require.NoError(t, err)
	h := &heartbeat{e: e, id: "gw", lapsed: func() { t.Error("it lapsed") }, registered: true, renewed: time.Now()}
	renewed := func() bool {
		before, err := e.gateways.Get(t.Context(), h.id)
		require.NoError(t, err)
		h.keepContact(t.Context())
		after, err := e.gateways.Get(t.Context(), h.id)
		require.NoError(t, err)
		return after.Revision() > before.Revision()
	}
	recovered := make(chan struct{}, 1)
	e.recovery.setOnReturn(func() { recovered <- struct{}{} })
	nc, err := e.dial("closed")
	require.NoError(t, err)
	nc.Close()
	unreachable := &Engine{nc: nc}
	for _, s := range e.identity.epochs {
		s.e = unreachable
		assert.True(t, renewed(), s.name)
		assert.True(t, h.parted, "what was missed will be looked for")
		s.e = e
		assert.True(t, renewed(), s.name)
		assert.False(t, h.parted)
		waitFor(t, recovered, "what was missed is looked for") // which reads the state too
	}
	for _, s := range e.identity.epochs {
		epoch := s.epoch
		s.epoch = "another"
		assert.False(t, renewed(), s.name)
		s.epoch = epoch
	}
}

// A gateway that others took for dead is told.
func TestLapsedGateway(t *testing.T) {
	e := openEngine(t, Options{GatewayLife: 30 * time.Second}) // the other one must not lapse on a busy machine
	lapsed := make(chan struct{}, 8)
	require.NoError(t, e.RegisterGateway(t.Context(), "other", func() { t.Error("the other one lapsed") }, nil))
	require.NoError(t, e.RegisterGateway(t.Context(), "sleeper", func() { lapsed <- struct{}{} }, nil))
	require.NoError(t, e.gateways.Purge(t.Context(), "sleeper"))
	select {
	case <-lapsed:
	case <-time.After(time.Minute):
		require.Fail(t, "not told")
	}
	require.Eventually(t, func() bool {
		alive, err := e.aliveGateways(t.Context())
		return err == nil && alive["sleeper"]
	}, time.Minute, 10*time.Millisecond, "registered again")
}

// A key that ran out before its time, while nobody was there to take the gateway for dead,
// is written anew, and its sessions stay.
func TestGatewayKeyRunsOutEarly(t *testing.T) {
	e := openEngine(t, Options{GatewayLife: time.Minute})
	lapsed := false
	h := &heartbeat{e: e, id: "lonely", lapsed: func() { lapsed = true }, renewed: time.Now()}
	_, err := e.gateways.Create(t.Context(), h.id, nil)
	require.NoError(t, err)
	user := id.User{App: testApp, ID: "ada"}
	_, err = e.Claim(t.Context(), user, always(session.Record{Session: "s1", Gateway: h.id}))
	require.NoError(t, err)
	h.removeDead(t.Context())
	for range 2 { // between heartbeats, and in the middle of one
		require.NoError(t, e.gateways.Purge(t.Context(), h.id))
		h.removeDead(t.Context())
		h.renew(t.Context())
		h.removeDead(t.Context())
	}
	assert.False(t, lapsed)
	_, err = e.Lookup(t.Context(), user)
	require.NoError(t, err, "the session is still there")

	require.NoError(t, e.gateways.Purge(t.Context(), h.id))
	h.renewed = time.Now().Add(-time.Minute)
	h.renew(t.Context())
	assert.True(t, lapsed, "it stood still")
}

// A gateway that ends is gone at once, unless sessions are left that may go on elsewhere: then it counts
// as alive for a while, though it does not run.
func TestGatewayThatLeavesSessions(t *testing.T) {
	e := openEngine(t, Options{})
	for id, cause := range map[string]error{"empty": nil, "left": session.ErrSessionsLeft} {
		ctx, cancel := context.WithCancelCause(t.Context())
		require.NoError(t, e.RegisterGateway(ctx, id, func() {}, func() {}))
		cancel(cause)
	}
	e.heartbeats.Wait()
	alive, err := e.aliveGateways(t.Context())
	require.NoError(t, err)
	assert.Equal(t, map[string]bool{"left": true}, alive)
	assert.NoError(t, e.refuseWhileRunning(t.Context()))
	require.NoError(t, e.RegisterGateway(t.Context(), "running", func() {}, func() {}))
	assert.ErrorContains(t, e.refuseWhileRunning(t.Context()), "run on these streams: 1,")
}
