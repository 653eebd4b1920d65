package gateway_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/session"
)

// waysToLeave are what may have become of the gateway that a client does not come back to. Each
// returns when the client's socket is gone or of no more use.
var waysToLeave = map[string]func(p *pair, c *client){
	"alive":    func(*pair, *client) {},
	"cut off":  func(_ *pair, c *client) { c.cut() },
	"draining": func(p *pair, c *client) { p.drain(c) },
	"dead": func(p *pair, c *client) {
		p.kill()
		c.cut()
	},
}

func (p *pair) drain(c *client) {
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		ctx, cancel := context.WithTimeout(context.Background(), waitLimit)
		defer cancel()
		p.near.server.MoveClients(ctx)
	}()
	p.near.t.Cleanup(func() { <-gone })
	assert.Equal(p.near.t, wire.CloseRestart, c.closeCode())
}

// pushed returns the next push; answers that come first stay.
func (c *client) pushed() *wire.ServerFrame {
	for i, f := range c.stash {
		if f.Seq != 0 {
			c.stash = slices.Delete(c.stash, i, i+1)
			return f
		}
	}
	for {
		f := c.receive()
		if f.Seq != 0 {
			return f
		}
		c.stash = append(c.stash, f)
	}
}

// inbox sorts what a client gets, without what comes again.
type inbox struct {
	peer, channel []string
	highest       map[string]uint64 // number, by channel
	other         []string
}

func (in *inbox) take(t *testing.T, f *wire.ServerFrame) {
	t.Helper()
	d := f.Delivery
	if d == nil {
		in.other = append(in.other, told(f))
		return
	}
	if in.highest == nil {
		in.highest = map[string]uint64{}
	}
	if d.Number <= in.highest[d.Channel] {
		return
	}
	require.Equal(t, in.highest[d.Channel]+1, d.Number, "in order: %q", d.Channel)
	in.highest[d.Channel] = d.Number
	if d.Channel == "" {
		in.peer = append(in.peer, d.Message.Text)
	} else {
		in.channel = append(in.channel, d.Message.Text)
	}
}

// asSDK is a Send as the SDK numbers it.
func asSDK(f *wire.ClientFrame, id uint32, number uint64) *wire.ClientFrame {
	f.Id, f.Send.Origin, f.Send.Number = id, 1, number
	return f
}

// A client comes back at another gateway than the one that has its session, whatever became of that:
// others see nothing of it, and all that was under way in both directions arrives once and in order.
func TestSessionGoesOnAtAnotherGateway(t *testing.T) {
	for name, leave := range waysToLeave {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t, withTimes(session.Times{PeerAck: waitLimit, SessionTimeout: waitLimit, Unreachable: waitLimit})) // a busy machine may need longer than users do
			ada, bob := p.near.login("ada"), p.far.login("bob")
			ada.presence(subscribe, "bob")
			bob.presence(subscribe, "ada")
			bob.join("room")
			ada.join("room")
			assertChange(t, bob.change(), "ada", true, 2)
			write := &wire.AttributeWrite{Attribute: []*wire.Attribute{{Key: "k", Value: "v"}}}
			require.NotNil(t, ada.ask(&wire.ClientFrame{Write: write}).Done)

			var in inbox
			ada.noAck = true
			bob.send(asSDK(toPeer("ada", "seen, not acknowledged"), 101, 1))
			in.take(t, ada.next())
			ada.send(asSDK(toPeer("bob", "asked, answer not seen"), 100, 1))
			require.Equal(t, "asked, answer not seen", bob.delivery().Message.Text)

			leave(p, ada)
			bob.send(asSDK(toPeer("ada", "one"), 102, 2))
			bob.send(asSDK(toPeer("ada", "two"), 103, 3))
			bob.send(asSDK(toChannel("room", "three"), 104, 1))
			bob.lastID = 104
			require.NotNil(t, bob.answer(104).Sent)

			back := p.far.resume(ada)
			require.False(t, back.welcome.Resumed)
			require.True(t, back.welcome.Continues)
			back.send(&wire.ClientFrame{Id: 1, Join: &wire.Join{Channel: "room", SinceMs: ada.welcome.ServerTimeMs}})
			back.send(&wire.ClientFrame{Id: 2, Presence: &wire.PresenceRequest{Mode: wire.PresenceRequest_SUBSCRIBE, Uid: []string{"bob"}}})
			back.send(asSDK(toPeer("bob", "asked, answer not seen"), 3, 1))
			back.lastID = 3
			joined := back.answer(1).Joined
			assert.EqualValues(t, 2, joined.GetMemberCount())
			assert.ElementsMatch(t, []string{"ada", "bob"}, joined.GetUid())
			assert.Equal(t, wire.Presence_ONLINE, back.answer(2).Presence.Presence[0].State)
			assert.EqualValues(t, 1, bob.pushed().Delivery.GetNumber(), "the client drops it")
			assert.True(t, back.answer(3).Sent.Received)

			bob.send(asSDK(toPeer("ada", "four"), 105, 4))
			bob.send(asSDK(toChannel("room", "five"), 106, 2))
			bob.lastID = 106
			for len(in.peer) < 4 || len(in.channel) < 2 {
				in.take(t, back.next())
			}
			assert.Equal(t, []string{"seen, not acknowledged", "one", "two", "four"}, in.peer)
			assert.Equal(t, []string{"three", "five"}, in.channel)
			assert.Empty(t, in.other)
			for _, id := range []uint32{101, 102, 103, 105} {
				assert.True(t, bob.answer(id).Sent.Received, "request %d", id)
			}
			require.NotNil(t, bob.answer(106).Sent)

			assert.ElementsMatch(t, []string{"ada", "bob"}, back.members("room"))
			read := bob.ask(&wire.ClientFrame{Read: &wire.AttributeRead{Uid: "ada"}})
			assert.Equal(t, "v", read.Attributes.GetAttribute()[0].Value)
			before, err := p.far.server.Authenticate(t.Context(), ada.welcome.Credential)
			require.NoError(t, err, "requests of uploads that began before")
			after, err := p.far.server.Authenticate(t.Context(), back.welcome.Credential)
			require.NoError(t, err)
			assert.Equal(t, before, after, "uploads go on as the same user's")
			bob.nothingPushed()

			back.send(&wire.ClientFrame{Bye: &wire.Bye{}})
			assert.ElementsMatch(t, []string{"-ada 1", "ada OFFLINE"}, []string{told(bob.next()), told(bob.next())})
			again := p.far.login("ada")
			assert.Empty(t, again.ask(&wire.ClientFrame{Read: &wire.AttributeRead{Uid: "ada"}}).Attributes.GetAttribute(), "attributes go with a logout")
		})
	}
}

// told is a push in few words.
func told(f *wire.ServerFrame) string {
	switch {
	case f.Delivery != nil:
		return f.Delivery.Message.Text
	case f.MemberChange != nil && f.MemberChange.Joined:
		return fmt.Sprint("+", f.MemberChange.Uid, " ", f.MemberChange.MemberCount)
	case f.MemberChange != nil:
		return fmt.Sprint("-", f.MemberChange.Uid, " ", f.MemberChange.MemberCount)
	case f.Presence != nil:
		p := f.Presence.Presence[0]
		return fmt.Sprint(p.Uid, " ", p.State)
	}
	return fmt.Sprint(*f)
}

// A client goes to and fro between gateways while others talk to it: all comes in order, and is
// received.
func TestSessionGoesToAndFro(t *testing.T) {
	p := newPair(t)
	houses := []*house{p.near, p.far}
	ada, bob := p.near.login("ada"), p.far.login("bob")
	bob.join("room")
	ada.join("room")
	assertChange(t, bob.change(), "ada", true, 2)
	const moves, each = 8, 6
	var in inbox
	number := uint64(0)
	first := bob.lastID + 1
	for i := range moves {
		for n := range each {
			number++
			bob.send(asSDK(toPeer("ada", ""), bob.lastID+1, number))
			bob.send(asSDK(toChannel("room", ""), bob.lastID+2, number))
			bob.lastID += 2
			if n == each/2 {
				if i%2 == 0 {
					ada.cut()
				}
				since := ada.welcome.ServerTimeMs
				ada = houses[(i+1)%2].resume(ada)
				require.False(t, ada.welcome.Resumed, "move %d", i)
				require.NotNil(t, ada.ask(&wire.ClientFrame{Join: &wire.Join{Channel: "room", SinceMs: since}}).Joined)
			}
		}
		for in.highest[""] < number || in.highest["room"] < number {
			in.take(t, ada.next())
		}
	}
	for id := first; id <= bob.lastID; id += 2 {
		assert.True(t, bob.answer(id).Sent.Received, "request %d", id)
		require.NotNil(t, bob.answer(id+1).Sent)
	}
	assert.Empty(t, in.other)
	bob.nothingPushed()
}

// Offline messages that were on their way arrive, and leave the mailbox.
func TestMailAcrossGateways(t *testing.T) {
	for name, leave := range waysToLeave {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t)
			bob := p.far.login("bob")
			const n = 20 // more than are on their way at a time
			var sent []string
			for i := range uint64(n) {
				f := asSDK(toPeer("ada", fmt.Sprint(i)), 0, i+1)
				f.Send.Offline = true
				require.False(t, bob.ask(f).Sent.Received)
				sent = append(sent, f.Send.Message.Text)
			}
			ada, welcome := p.near.knock(hello(appA, "ada"))
			require.NotNil(t, welcome.Welcome)
			ada.noAck = true
			var in inbox
			for range 3 {
				in.take(t, ada.next())
			}
			leave(p, ada)
			back := p.far.resume(ada)
			for len(in.peer) < n {
				in.take(t, back.next())
			}
			assert.Equal(t, sent, in.peer)
			require.Eventually(t, func() bool {
				again := p.far.login("ada")
				defer again.cut()
				return again.ask(&wire.ClientFrame{Members: &wire.Members{Channel: "none"}}).Refusal != nil && len(again.stash) == 0
			}, waitLimit, 100*time.Millisecond, "the mailbox is empty")
		})
	}
}

// A login displaces a session wherever it went, and one that expires there is over.
func TestEndOfASessionThatMoved(t *testing.T) {
	t.Parallel()
	p := newPair(t, withTimes(session.Times{SessionTimeout: timeToReturn}))
	ada, bob := p.near.login("ada"), p.far.login("bob")
	bob.join("room")
	join := func(c *client) {
		require.NotNil(t, c.ask(&wire.ClientFrame{Join: &wire.Join{Channel: "room"}}).Joined)
	}
	join(ada)
	assertChange(t, bob.change(), "ada", true, 2)
	near := ada
	ada = p.far.resume(ada)
	join(ada)
	assert.Equal(t, wire.CloseReplaced, near.closeCode())
	bob.nothingPushed()
	again := p.near.login("ada")
	assert.Equal(t, wire.CloseRemoteLogin, ada.closeCode())
	assertChange(t, bob.change(), "ada", false, 1)

	join(again)
	assertChange(t, bob.change(), "ada", true, 2)
	again = p.far.resume(again)
	join(again)
	again.cut()
	assertChange(t, bob.change(), "ada", false, 1)
	assert.Empty(t, slices.DeleteFunc(bob.members("room"), func(uid string) bool { return strings.HasPrefix(uid, "bob") }))
}

// A client that does not enter a channel again that it was in, because it left it meanwhile, is a
// member until the time is over in which it could have come back.
func TestChannelThatIsNotJoinedAgain(t *testing.T) {
	p := newPair(t, withTimes(session.Times{SessionTimeout: 500 * time.Millisecond}))
	ada, bob := p.near.login("ada"), p.far.login("bob")
	bob.join("room")
	ada.join("room")
	assertChange(t, bob.change(), "ada", true, 2)
	back := p.far.resume(ada)
	assertChange(t, bob.change(), "ada", false, 1)
	back.nothingPushed()
}

// A gateway that drains ends when its clients are in their channels elsewhere: what it leaves is
// removed then.
func TestDrainingWaitsForChannels(t *testing.T) {
	p := newPair(t)
	ada, bob := p.near.login("ada"), p.far.login("bob")
	for _, channel := range []string{"hall", "room"} {
		bob.join(channel)
		ada.join(channel)
		require.True(t, bob.change().Joined)
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		p.near.server.MoveClients(t.Context())
	}()
	assert.Equal(t, wire.CloseRestart, ada.closeCode())
	back := p.far.resume(ada)
	back.join("hall")
	back.nothingPushed()
	select {
	case <-drained:
		require.Fail(t, "the other channel is not joined yet")
	default:
	}
	back.join("room")
	select {
	case <-drained:
	case <-time.After(waitLimit):
		require.Fail(t, "it still waits")
	}
	bob.nothingPushed()
}
