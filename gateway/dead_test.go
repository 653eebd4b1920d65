package gateway_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway/natsengine"
)

// A gateway dies, and its user comes to another: the others see nothing of it, what was
// sent meanwhile arrives in order, and its senders are told once.
func TestSessionOfADeadGateway(t *testing.T) {
	p := newPair(t)
	ada, bob := p.meet(t)

	p.kill()
	ada.cut()
	require.NotNil(t, bob.ask(toChannel("room", "missed")).Sent)
	const peerMessages = 5
	for i := range uint32(peerMessages) {
		f := toPeer("ada", string('a'+rune(i)))
		f.Id, f.Send.Number = bob.lastID+1+i, uint64(i+1)
		bob.send(f)
	}
	bob.lastID += peerMessages

	back := p.far.resume(ada)
	require.False(t, back.welcome.Resumed)
	back.lastID, back.lastSeq = 0, 0
	back.lastID++
	back.send(&wire.ClientFrame{Id: 1, Join: &wire.Join{Channel: "room", SinceMs: ada.welcome.ServerTimeMs}})
	assert.EqualValues(t, 2, back.answer(1).Joined.GetMemberCount())
	var peer, channel string
	for len(peer) < peerMessages || channel == "" {
		d := back.delivery()
		switch {
		case d.Channel != "":
			channel += d.Message.Text
		case d.Number > uint64(len(peer)): // else it comes again
			peer += d.Message.Text
		}
	}
	assert.Equal(t, "abcde", peer)
	assert.Equal(t, "missed", channel)
	for i := range uint32(peerMessages) {
		assert.True(t, bob.answer(bob.lastID-i).Sent.Received)
	}
	bob.nothingPushed()

	back.send(&wire.ClientFrame{Bye: &wire.Bye{}})
	for range 2 { // in any order
		if f := bob.next(); f.MemberChange != nil {
			assertChange(t, f.MemberChange, "ada", false, 1)
		} else {
			assert.Equal(t, wire.Presence_OFFLINE, f.Presence.GetPresence()[0].State)
		}
	}
}

// A gateway dies with a crowd: all of it leaves, and those who stay elsewhere are told.
func TestACrowdLeavesWithItsGateway(t *testing.T) {
	url := startNATS(t)
	open := func() *natsengine.Engine {
		engine, err := natsengine.Open(t.Context(), natsengine.Options{Servers: []string{url}, Logger: quiet, GatewayLife: 30 * time.Second})
		require.NoError(t, err)
		return engine
	}
	dying, other := open(), open()
	t.Cleanup(other.Close)
	near, far := newHouse(t, dying), newHouse(t, other)
	bob := far.login("bob")
	bob.join("room")
	const crowd = core.MaxToldMembers + 8
	near.crowd("room", crowd)
	for bob.change().MemberCount != crowd+1 {
	}
	dying.Close()
	for bob.change().MemberCount != 1 {
	}
	assert.Equal(t, []string{"bob"}, bob.members("room"))
}
