package gateway_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway/session"
)

func TestResumeReplaysInOrder(t *testing.T) {
	h := newHouse(t, nil)
	ada, bob, eve := h.login("ada"), h.login("bob"), h.login("eve")
	ada.join("room")
	bob.join("room")
	require.True(t, ada.change().Joined)
	bob.send(toPeer("ada", "seen"))
	require.Equal(t, "seen", ada.delivery().Message.Text)

	ada.noAck = true
	bob.send(toPeer("ada", "seen, not acknowledged"))
	require.Equal(t, "seen, not acknowledged", ada.delivery().Message.Text)
	ada.cut()
	bob.send(toPeer("ada", "one"))
	bob.ask(toChannel("room", "two"))
	eve.join("room")
	require.True(t, bob.change().Joined)
	eve.ask(toChannel("room", "three"))

	lastSeen := ada.lastSeq
	back := h.resume(ada)
	require.True(t, back.welcome.Resumed)
	assert.Equal(t, ada.welcome.SessionId, back.welcome.SessionId)
	var got []string
	for i := range uint64(4) {
		f := back.next()
		assert.Equal(t, lastSeen+1+i, f.Seq)
		if f.MemberChange != nil {
			got = append(got, f.MemberChange.Uid)
		} else {
			got = append(got, f.Delivery.Message.Text)
		}
	}
	// Peer and channel messages come by different ways, so "one" may have any place.
	assert.ElementsMatch(t, []string{"one", "two", "eve", "three"}, got)
	bob.ask(toChannel("room", "live"))
	assert.Equal(t, "live", back.delivery().Message.Text)
	assert.ElementsMatch(t, []string{"ada", "bob", "eve"}, back.members("room"), "still joined")
}

func TestResumeNeedsTheCredential(t *testing.T) {
	h := newHouse(t, nil)
	ada := h.login("ada")
	for name, resume := range map[string]*wire.Resume{
		"wrong credential": {SessionId: ada.welcome.SessionId, Credential: ada.welcome.Credential[:len(ada.welcome.Credential)-1]},
		"none":             {SessionId: ada.welcome.SessionId},
		"unknown session":  {SessionId: "x", Credential: "x"},
	} {
		t.Run(name, func(t *testing.T) {
			back := hello(appA, "ada")
			back.Reconnect, back.Resume = true, resume
			_, f := h.knock(back)
			require.NotNil(t, f.Refusal)
			assert.Equal(t, wire.Refusal_DISPLACED, f.Refusal.Reason)
		})
	}
	thief := hello(appA, "eve")
	thief.Resume = &wire.Resume{SessionId: ada.welcome.SessionId, Credential: ada.welcome.Credential}
	c, f := h.knock(thief)
	require.NotNil(t, f.Welcome)
	assert.NotEqual(t, ada.welcome.SessionId, c.welcome.SessionId, "another uid's session")
	ada.nothingPushed()
}

func TestResumeReplacesASocketThatLooksAlive(t *testing.T) {
	h := newHouse(t, nil)
	ada, bob := h.login("ada"), h.login("bob")
	back := h.resume(ada)
	assert.True(t, back.welcome.Resumed)
	assert.Equal(t, wire.CloseReplaced, ada.closeCode())
	bob.send(toPeer("ada", "hi"))
	assert.Equal(t, "hi", back.delivery().Message.Text)
}

func TestRepeatedRequestsAfterResume(t *testing.T) {
	h := newHouse(t, nil)
	ada, bob := h.login("ada"), h.login("bob")
	ada.send(&wire.ClientFrame{Id: 1, Send: &wire.Send{Peer: "bob", Message: text("once")}})
	require.Equal(t, "once", bob.delivery().Message.Text)
	ada.cut()
	back := h.resume(ada)
	back.send(&wire.ClientFrame{Id: 1, Send: &wire.Send{Peer: "bob", Message: text("once")}})
	assert.True(t, back.answer(1).Sent.Received)
	back.send(&wire.ClientFrame{Id: 2, Send: &wire.Send{Peer: "bob", Message: text("new")}})
	assert.Equal(t, "new", bob.delivery().Message.Text)
	bob.nothingPushed()
}

// Joined may be lost with the socket; it must still come before the channel's pushes.
func TestJoinedComesBeforePushesAfterResume(t *testing.T) {
	h := newHouse(t, nil)
	ada, bob := h.login("ada"), h.login("bob")
	bob.join("room")
	ada.noAck = true
	ada.send(&wire.ClientFrame{Id: 1, Join: &wire.Join{Channel: "room"}})
	require.True(t, bob.change().Joined)
	bob.ask(toChannel("room", "hi"))
	ada.cut() // has read nothing of it
	back := h.resume(ada)
	require.NotNil(t, back.next().Joined)
	assert.Equal(t, "hi", back.delivery().Message.Text)
}

func TestWhatADetachedSessionKeeps(t *testing.T) {
	h := newHouse(t, nil)
	ada, bob, eve := h.login("ada"), h.login("bob"), h.login("eve")
	for _, c := range []*client{ada, bob, eve} {
		c.join("room")
	}
	ada.change()
	ada.change()
	ada.noAck = true
	ada.cut()
	const n = core.MaxMissedChannelMessages + 28
	for i := range n {
		bob.send(toPeer("ada", fmt.Sprint(i)))
		bob.send(toChannel("room", fmt.Sprint(i)))
	}
	for got := 0; got < n; {
		if f := eve.next(); f.Delivery != nil {
			got++
		}
	}
	eve.members("room") // the channel's last message has been brought to all

	back := h.resume(ada)
	peer, channel := 0, n-core.MaxMissedChannelMessages
	for peer < n || channel < n {
		d := back.delivery()
		next := &peer
		if d.Channel != "" {
			next = &channel
		}
		require.Equal(t, fmt.Sprint(*next), d.Message.Text, "channel %q", d.Channel)
		*next++
	}
	back.nothingPushed()
}

func TestSessionTimeout(t *testing.T) {
	for name, timeout := range map[string]time.Duration{"in time": 0, "too late": 200 * time.Millisecond} { // 0: the default
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, nil, withTimes(session.Times{SessionTimeout: timeout}))
			ada, bob := h.login("ada"), h.login("bob")
			bob.join("room")
			ada.join("room")
			require.True(t, bob.change().Joined)
			ada.cut()
			if timeout == 0 {
				require.True(t, h.resume(ada).welcome.Resumed)
				bob.nothingPushed()
				return
			}
			assertChange(t, bob.change(), "ada", false, 1)
			assert.False(t, bob.ask(toPeer("ada", "hi")).Sent.Received)
			assert.False(t, h.resume(ada).welcome.Resumed)
		})
	}
}

func TestDetachedSessionThatGetsTooMuchEnds(t *testing.T) {
	h := newHouse(t, nil)
	ada, bob := h.login("ada"), h.login("bob")
	ada.cut()
	full := strings.Repeat("x", core.MaxMessageBytes)
	for range (4<<20)/core.MaxMessageBytes + 1 {
		bob.send(toPeer("ada", full))
	}
	require.Eventually(t, func() bool {
		_, err := h.server.Authenticate(t.Context(), ada.welcome.Credential)
		return err != nil
	}, waitLimit, 10*time.Millisecond)
	assert.False(t, bob.ask(toPeer("ada", "hi")).Sent.Received)
}
