package gateway_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/rate"
)

func TestChannel(t *testing.T) {
	engine := newEngine(t)
	for name, houses := range map[string][]*house{
		"one gateway":  {newHouse(t, engine)},
		"two gateways": {newHouse(t, engine), newHouse(t, engine)},
	} {
		t.Run(name, func(t *testing.T) {
			near, far := houses[0], houses[len(houses)-1]
			ada, bob, eve := near.login("ada"), far.login("bob"), far.login("eve")
			assert.Equal(t, 1, ada.join("room"))
			assert.Equal(t, 2, bob.join("room"))
			assertChange(t, ada.change(), "bob", true, 2)
			assert.Equal(t, 3, eve.join("room"))
			assertChange(t, ada.change(), "eve", true, 3)
			assertChange(t, bob.change(), "eve", true, 3)
			assert.ElementsMatch(t, []string{"ada", "bob", "eve"}, ada.members("room"))
			assert.ElementsMatch(t, []string{"ada", "bob", "eve"}, eve.members("room"))

			require.NotNil(t, ada.ask(toChannel("room", "hi")).Sent)
			for _, c := range []*client{bob, eve} {
				d := c.delivery()
				assert.Equal(t, []string{"ada", "room", "hi"}, []string{d.From, d.Channel, d.Message.Text})
				assert.NotZero(t, d.ServerReceivedMs)
			}
			ada.nothingPushed()

			eve.send(&wire.ClientFrame{Leave: &wire.Leave{Channel: "room"}})
			assertChange(t, ada.change(), "eve", false, 2)
			assertChange(t, bob.change(), "eve", false, 2)
			require.NotNil(t, ada.ask(toChannel("room", "without eve")).Sent)
			assert.Equal(t, "without eve", bob.delivery().Message.Text)
			eve.nothingPushed()

			bob.send(&wire.ClientFrame{Bye: &wire.Bye{}})
			assertChange(t, ada.change(), "bob", false, 1)
			assert.Equal(t, []string{"ada"}, ada.members("room"))
		})
	}
}

func assertChange(t *testing.T, got *wire.MemberChange, uid string, joined bool, count int) {
	t.Helper()
	assert.Equal(t, &wire.MemberChange{Channel: "room", Uid: uid, Joined: joined, MemberCount: uint32(count)}, got)
}

func TestJoinTwiceIsOneJoin(t *testing.T) {
	h := newHouse(t, nil)
	ada, bob := h.login("ada"), h.login("bob")
	bob.join("room")
	assert.Equal(t, 2, ada.join("room"))
	assert.Equal(t, 2, ada.join("room"))
	assert.True(t, bob.change().Joined)
	bob.nothingPushed()
}

func TestLeaveAndJoinAgain(t *testing.T) {
	try := func() (inTime bool) {
		h := newHouse(t, nil)
		ada, bob := h.login("ada"), h.login("bob")
		bob.join("room")
		allowed := core.Rates[core.OpJoinSame].N
		began := time.Now()
		ids := ada.burst(2*allowed+1, func(i int) *wire.ClientFrame {
			if i%2 == 0 {
				return &wire.ClientFrame{Join: &wire.Join{Channel: "room"}}
			}
			return &wire.ClientFrame{Leave: &wire.Leave{Channel: "room"}}
		})
		over := ada.answer(ids[2*allowed])
		if time.Since(began) >= rate.Window(core.OpJoinSame) {
			return false
		}
		assert.Equal(t, wire.Refusal_SAME_CHANNEL_TOO_OFTEN, over.Refusal.GetReason())
		for i := range allowed {
			require.NotNil(t, ada.answer(ids[2*i]).Joined)
			assertChange(t, bob.change(), "ada", true, 2)
			assertChange(t, bob.change(), "ada", false, 1)
		}
		ada.join("another room")
		back := h.resume(ada)
		back.join("room")
		return true
	}
	for !try() { // the gateway may need longer than its window on a very busy machine
	}
}

// The rates of API 12: one call too many is refused, and does no harm.
func TestTooOften(t *testing.T) {
	h := newHouse(t, nil)
	ada, allowed := h.exceedRate(core.OpMembers, func() *client {
		ada := h.login("ada")
		ada.join("room")
		return ada
	}, func(int) *wire.ClientFrame { return &wire.ClientFrame{Members: &wire.Members{Channel: "room"}} })
	for _, id := range allowed {
		require.NotNil(t, ada.answer(id).MemberList)
	}
	back := h.resume(ada)
	assert.Equal(t, []string{"ada"}, back.members("room"), "who comes back may have been held up")

	bob, allowed := h.exceedRate(core.OpJoin, func() *client { return h.login("bob") }, func(int) *wire.ClientFrame {
		return &wire.ClientFrame{Join: &wire.Join{Channel: "a/b"}} // refused at once: joins wait for each other at the limit of 20
	})
	for _, id := range allowed {
		assert.Equal(t, wire.Refusal_INVALID_ID, bob.answer(id).Refusal.GetReason())
	}
}

func TestChannelRefusals(t *testing.T) {
	h := newHouse(t, nil)
	ada := h.login("ada")
	reason := func(f *wire.ClientFrame) wire.Refusal_Reason { return ada.ask(f).Refusal.GetReason() }
	join := func(channel string) *wire.ClientFrame {
		return &wire.ClientFrame{Join: &wire.Join{Channel: channel}}
	}
	assert.Equal(t, wire.Refusal_INVALID_ID, reason(join("")))
	assert.Equal(t, wire.Refusal_INVALID_ID, reason(join("a/b")))
	assert.Equal(t, wire.Refusal_NOT_JOINED, reason(&wire.ClientFrame{Members: &wire.Members{Channel: "room"}}))
	assert.Equal(t, wire.Refusal_INVALID_ID, reason(&wire.ClientFrame{Members: &wire.Members{Channel: "a*"}}))
	for i := range core.MaxJoinedChannels {
		ada.join(fmt.Sprint("room", i))
	}
	assert.Equal(t, wire.Refusal_LIMIT, reason(join("one more")))
	ada.send(&wire.ClientFrame{Leave: &wire.Leave{Channel: "room0"}})
	ada.join("one more")

	bob := h.login("bob") // sends all joins before reading an answer
	ids := bob.burst(core.MaxJoinedChannels+1, func(i int) *wire.ClientFrame { return join(fmt.Sprint("room", i)) })
	for _, id := range ids[:core.MaxJoinedChannels] {
		require.NotNil(t, bob.answer(id).Joined)
	}
	assert.Equal(t, wire.Refusal_LIMIT, bob.answer(ids[core.MaxJoinedChannels]).Refusal.GetReason())
}

// A newcomer gets what a member sends on seeing it come, and only after Joined.
func TestNewcomerMissesNothing(t *testing.T) {
	engine := newEngine(t)
	near, far := newHouse(t, engine), newHouse(t, engine)
	greeter := near.login("greeter")
	greeter.join("room")
	const newcomers = 40
	go func() {
		for i := range newcomers {
			for f := range greeter.frames {
				if f.MemberChange != nil && f.MemberChange.Joined {
					break
				}
			}
			_ = greeter.write(toChannel("room", fmt.Sprint("welcome ", i)))
		}
	}()
	for i := range newcomers {
		c := []*house{near, far}[i%2].login(fmt.Sprint("guest", i))
		c.lastID++
		c.send(&wire.ClientFrame{Id: 1, Join: &wire.Join{Channel: "room"}})
		require.NotNil(t, c.next().Joined, "first of all")
		for {
			if d := c.next().Delivery; d != nil && d.Message.Text == fmt.Sprint("welcome ", i) {
				break
			}
		}
	}
}

func TestPeerAndKickAcrossGateways(t *testing.T) {
	engine := newEngine(t)
	near, far := newHouse(t, engine), newHouse(t, engine)
	ada, bob := near.login("ada"), far.login("bob")
	ada.send(&wire.ClientFrame{Id: 1, Send: &wire.Send{Peer: "bob", Message: text("hi")}})
	assert.Equal(t, "hi", bob.delivery().Message.Text)
	assert.True(t, ada.answer(1).Sent.Received)

	moved := near.login("bob")
	assert.Equal(t, wire.CloseRemoteLogin, bob.closeCode())
	ada.send(&wire.ClientFrame{Id: 2, Send: &wire.Send{Peer: "bob", Message: text("again")}})
	assert.Equal(t, "again", moved.delivery().Message.Text)
	assert.True(t, ada.answer(2).Sent.Received)
}

// A session whose membership others removed is not left believing in it.
func TestEvictedSessionStartsAnew(t *testing.T) {
	engine := newEngine(t)
	h := newHouse(t, engine)
	ada := h.login("ada")
	ada.join("room")
	members, err := engine.Members(t.Context(), channel.ID{App: appA, Channel: "room"}, 0)
	require.NoError(t, err)
	require.Len(t, members.Members, 1)
	require.NoError(t, engine.Leave(t.Context(), members.Members[0]))
	assert.Equal(t, wire.CloseRestart, ada.closeCode())
	back := h.resume(ada)
	assert.False(t, back.welcome.Resumed)
}
