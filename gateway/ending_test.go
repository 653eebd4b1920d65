package gateway_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
	"rtmwasm/gateway"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/session"
)

// heldEvictions is an engine that tells gateways of clients who have moved when hold is closed.
type heldEvictions struct {
	session.Engine
	hold <-chan struct{}
}

func (e heldEvictions) Evict(ctx context.Context, gatewayID string, eviction session.Eviction) error {
	if eviction.Moved {
		<-e.hold
	}
	return e.Engine.Evict(ctx, gatewayID, eviction)
}

// A session ends for another reason before its gateway learns that the client has moved. A message
// that the new session got as well is received, and others see nothing.
func TestFormerSessionEndsWhileItsClientMoves(t *testing.T) {
	hold := make(chan struct{})
	var engine session.Engine // of the gateway that was made last
	p := newPair(t, func(c *gateway.Config) {
		engine = c.Engine
		c.Engine = heldEvictions{c.Engine, hold}
	})
	ada, bob := p.meet(t)
	former, err := engine.Lookup(t.Context(), id.User{App: appA, ID: "ada"})
	require.NoError(t, err)
	back := p.moveWhileEvicted(engine, former, ada, bob)
	close(hold)
	back.noAck = false
	require.Equal(t, "both get it", back.delivery().Message.Text, "it is sent again, for the former session may have been the only one")
	assert.True(t, bob.answer(100).Sent.Received)
	require.NotNil(t, back.ask(&wire.ClientFrame{Join: &wire.Join{Channel: "room", SinceMs: ada.welcome.ServerTimeMs}}).Joined)
	bob.nothingPushed()
}

// moveWhileEvicted has ada come to the far gateway, and both sessions get bob's request 100, a message to ada.
// Then the former session ends for another reason.
func (p *pair) moveWhileEvicted(engine session.Engine, former session.Record, ada, bob *client) (back *client) {
	t := ada.t
	ada.noAck = true
	back = p.far.resume(ada)
	back.noAck = true
	bob.send(asSDK(toPeer("ada", "both get it"), 100, 1))
	bob.lastID = 100
	require.Equal(t, "both get it", ada.delivery().Message.Text)
	require.Equal(t, "both get it", back.delivery().Message.Text)
	require.NoError(t, engine.Evict(t.Context(), former.Gateway, session.Eviction{Session: former.Session}))
	return back
}

// failingRelease is an engine that cannot be reached when the first session is released, and tells of
// each attempt after that.
type failingRelease struct {
	session.Engine
	failed *atomic.Bool
	again  chan<- struct{}
}

func (e failingRelease) Release(ctx context.Context, user id.User, record session.Record) (*session.Record, error) {
	if !e.failed.Swap(true) {
		return nil, errors.New("not now")
	}
	e.again <- struct{}{}
	return e.Engine.Release(ctx, user, record)
}

// The former session learns only later that the client goes on elsewhere. Until then it does not say that
// a message was not received.
func TestFormerSessionThatCannotBeReleasedAtOnce(t *testing.T) {
	hold, again := make(chan struct{}), make(chan struct{}, 8)
	var engine session.Engine
	var failed atomic.Bool
	p := newPair(t, func(c *gateway.Config) {
		engine = c.Engine
		c.Engine = failingRelease{heldEvictions{c.Engine, hold}, &failed, again}
	})
	defer close(hold)
	ada, bob := p.near.login("ada"), p.far.login("bob")
	former, err := engine.Lookup(t.Context(), id.User{App: appA, ID: "ada"})
	require.NoError(t, err)
	back := p.moveWhileEvicted(engine, former, ada, bob)
	<-again
	back.noAck = false
	require.Equal(t, "both get it", back.delivery().Message.Text)
	assert.True(t, bob.answer(100).Sent.Received)
}

// heldStops is an engine that does not let go of listeners for messages until hold is closed, and tells
// why the gateway left it.
type heldStops struct {
	session.Engine
	hold <-chan struct{}
	left chan<- error
}

func (e heldStops) ListenPeer(user id.User, h func([]byte, string), notified func()) (func(), error) {
	stop, err := e.Engine.ListenPeer(user, h, notified)
	return func() {
		<-e.hold
		stop()
	}, err
}

func (e heldStops) RegisterGateway(ctx context.Context, id string, lapsed, returned func()) error {
	context.AfterFunc(ctx, func() { e.left <- context.Cause(ctx) })
	return e.Engine.RegisterGateway(ctx, id, lapsed, returned)
}

// The time of a gateway that goes down is over before it is through with its sessions: they are left,
// too.
func TestCloseLeavesSessionsThatStillEnd(t *testing.T) {
	hold, left := make(chan struct{}), make(chan error, 1)
	h := newHouse(t, nil, func(c *gateway.Config) { c.Engine = heldStops{c.Engine, hold, left} })
	defer close(hold)
	h.login("ada")
	noTime, over := context.WithCancel(t.Context())
	over()
	h.server.MoveClients(noTime)
	require.ErrorIs(t, h.server.Close(noTime), context.Canceled)
	assert.ErrorIs(t, <-left, session.ErrSessionsLeft)
}

// A gateway ends before its clients are at another one. They come back in time, and others see
// nothing of it.
func TestClientsOfAGatewayThatHasEnded(t *testing.T) {
	p := newPair(t)
	ada, bob := p.meet(t)
	ada.noAck = true
	bob.send(asSDK(toPeer("ada", "before"), 100, 1))
	require.Equal(t, "before", ada.delivery().Message.Text)
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	noTime, over := context.WithCancel(ctx)
	over()
	p.near.server.MoveClients(noTime)
	require.NoError(t, p.near.server.Close(ctx))
	assert.Equal(t, wire.CloseRestart, ada.closeCode())
	p.kill()
	bob.send(asSDK(toPeer("ada", "meanwhile"), 101, 2))
	bob.lastID = 101

	back := p.far.resume(ada)
	require.True(t, back.welcome.Continues)
	require.NotNil(t, back.ask(&wire.ClientFrame{Join: &wire.Join{Channel: "room", SinceMs: ada.welcome.ServerTimeMs}}).Joined)
	var in inbox
	for len(in.peer) < 2 {
		in.take(t, back.next())
	}
	assert.Equal(t, []string{"before", "meanwhile"}, in.peer)
	for _, id := range []uint32{100, 101} {
		assert.True(t, bob.answer(id).Sent.Received, "request %d", id)
	}
	bob.nothingPushed()
}
