package gateway_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
	"rtmwasm/gateway"
)

// heldEvictions is an engine that tells gateways of clients who have moved when hold is closed.
type heldEvictions struct {
	gateway.Engine
	hold <-chan struct{}
}

func (e heldEvictions) Evict(ctx context.Context, gatewayID string, eviction gateway.Eviction) error {
	if eviction.Moved {
		<-e.hold
	}
	return e.Engine.Evict(ctx, gatewayID, eviction)
}

// A session ends for another reason before its gateway learns that the client has moved. A message
// that the new session got as well is received, and others see nothing.
func TestFormerSessionEndsWhileItsClientMoves(t *testing.T) {
	hold := make(chan struct{})
	var engine gateway.Engine // of the gateway that was made last
	p := newPair(t, func(c *gateway.Config) {
		engine = c.Engine
		c.Engine = heldEvictions{c.Engine, hold}
	})
	ada, bob := p.near.login("ada"), p.far.login("bob")
	bob.presence(subscribe, "ada")
	bob.join("room")
	ada.join("room")
	assertChange(t, bob.change(), "ada", true, 2)
	former, err := engine.Lookup(t.Context(), gateway.User{App: appA, ID: "ada"})
	require.NoError(t, err)
	ada.noAck = true
	back := p.far.resume(ada)
	back.noAck = true
	bob.send(asSDK(toPeer("ada", "both get it"), 100, 1))
	bob.lastID = 100
	require.Equal(t, "both get it", ada.delivery().Message.Text)
	require.Equal(t, "both get it", back.delivery().Message.Text)
	require.NoError(t, engine.Evict(t.Context(), former.Gateway, gateway.Eviction{Session: former.Session}))
	close(hold)
	back.noAck = false
	require.Equal(t, "both get it", back.delivery().Message.Text, "it is sent again, for the former session may have been the only one")
	assert.True(t, bob.answer(100).Sent.Received)
	require.NotNil(t, back.ask(&wire.ClientFrame{Join: &wire.Join{Channel: "room", SinceMs: ada.welcome.ServerTimeMs}}).Joined)
	bob.nothingPushed()
}

// A gateway ends before its clients are at another one. They come back in time, and others see
// nothing of it.
func TestClientsOfAGatewayThatHasEnded(t *testing.T) {
	p := newPair(t)
	ada, bob := p.near.login("ada"), p.far.login("bob")
	bob.presence(subscribe, "ada")
	bob.join("room")
	ada.join("room")
	assertChange(t, bob.change(), "ada", true, 2)
	ada.noAck = true
	bob.send(asSDK(toPeer("ada", "before"), 100, 1))
	require.Equal(t, "before", ada.delivery().Message.Text)
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	noTime, over := context.WithCancel(ctx)
	over()
	p.near.server.SendAway(noTime)
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
