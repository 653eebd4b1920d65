package core

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
)

// sends lists the messages that a socket was handed.
func sends(s *testSocket) (out []*wire.Send) {
	for _, f := range s.frames {
		if f.Send != nil {
			out = append(out, f.Send)
		}
	}
	return out
}

// A message keeps its number over all sessions of a client, so that its receiver knows it
// again.
func TestMessagesAreNumbered(t *testing.T) {
	inSession(t, func(w *world) {
		ch := w.joined("room")
		w.say("one")
		ch.Send(textMessage("two"), w.promise("two"))
		before := sends(w.host.socket())
		require.Len(t, before, 2)
		assert.NotZero(t, before[0].Origin)
		assert.Equal(t, before[0].Origin, before[1].Origin)
		assert.NotZero(t, before[0].Number)
		assert.NotZero(t, before[1].Number)

		w.interrupt()
		s := w.redialled()
		w.welcome("s2")
		w.say("three")
		after := sends(s)
		require.Len(t, after, 3)
		assert.Equal(t, before, after[:2])
		assert.Equal(t, before[0].Number+1, after[2].Number, "to the same peer")
	})
}

// What is sent to others between two messages does not make the first one look old to its
// receiver, which remembers 64 of a sender.
func TestALateMessageOfABusySenderIsNoRepeat(t *testing.T) {
	inSession(t, func(w *world) {
		ch := w.joined("room")
		w.say("late") // to bob
		ch.Send(textMessage("late, too"), w.promise("late, too"))
		for i := range 170 { // the rate allows 180 in 3 s
			w.SendToPeer("user"+strconv.Itoa(i), textMessage("x"), false, w.sending(strconv.Itoa(i)))
		}
		w.say("newer")
		ch.Send(textMessage("newer, too"), w.promise("newer, too"))
		all := sends(w.host.socket())
		require.Len(t, all, 174)
		var bob deduplicator
		arrives := func(s *wire.Send) bool {
			return bob.fresh(&wire.Delivery{From: "alice", Channel: s.Channel, Origin: s.Origin, Number: s.Number})
		}
		for _, order := range [][2]int{{172, 0}, {173, 1}} {
			newer, late := all[order[0]], all[order[1]]
			require.Equal(t, late.Peer+late.Channel, newer.Peer+newer.Channel)
			assert.True(t, arrives(newer))
			assert.True(t, arrives(late), "it was never delivered")
			assert.False(t, arrives(late))
		}
	})
}

func TestNumbersAreARowForEach(t *testing.T) {
	var n numbers
	assert.EqualValues(t, 1, n.next("bob"))
	assert.EqualValues(t, 1, n.next("eve"))
	assert.EqualValues(t, 2, n.next("bob"))
	last := map[string]uint64{}
	for round := range 5 {
		for i := range 3 * maxNumbered { // more than it remembers
			to := strconv.Itoa(i)
			number := n.next(to)
			require.Greater(t, number, last[to], "round %d: numbers only rise", round)
			last[to] = number
		}
		assert.LessOrEqual(t, len(n.recent)+len(n.older), 2*maxNumbered)
	}
}

func TestClientsHaveOriginsOfTheirOwn(t *testing.T) {
	inSession(t, func(w *world) {
		assert.NotEqual(t, w.senderID, New(testApp, "https://gw.example", w.host, w).senderID)
	})
}

func TestRepeatedMessageIsDropped(t *testing.T) {
	numbered := func(channel string, number uint64, text string) *wire.ServerFrame {
		f := delivery("bob", channel, text)
		f.Delivery.Origin, f.Delivery.Number = 7, number
		return f
	}
	inSession(t, func(w *world) {
		w.joined("room")
		w.push(1, numbered("", 1, "one"))
		w.push(2, numbered("room", 2, "two"))
		w.interrupt()
		w.redialled()
		s := w.welcome("s2")
		w.forget()
		w.push(1, numbered("", 1, "one"))
		w.push(2, numbered("room", 2, "two"))
		w.push(3, numbered("", 3, "three"))
		assert.Equal(t, []string{"bob: three"}, w.taken())
		assert.Equal(t, []string{"ack 1", "ack 3"}, s.taken(), "their senders are told that they arrived")

		w.Logout(w.promise("logout"))
		w.host.pass(logoutTimeout)
		w.Login("alice", testToken, w.promise("login"))
		w.welcome("s3")
		w.forget()
		w.push(1, numbered("", 1, "one"))
		assert.Equal(t, []string{"bob: one"}, w.taken(), "a logout forgets")
	})
}

// A client that returns in a new session asks for what it missed: from its join on, or from
// shortly before the last message that it got.
func TestRejoinAsksForWhatWasMissed(t *testing.T) {
	inWorld(t, func(w *world) {
		const ahead = 3_600_000 // ms, of the gateway's clock
		w.Login("alice", testToken, w.promise("login"))
		w.accept(&wire.Welcome{SessionId: "s1", PingIntervalMs: 2500, ServerTimeMs: time.Now().UnixMilli() + ahead})
		w.joined("room")
		entered := time.Now().UnixMilli() + ahead
		since := func(session string) int64 {
			w.interrupt()
			s := w.redialled()
			w.accept(&wire.Welcome{SessionId: session, PingIntervalMs: 2500, ServerTimeMs: time.Now().UnixMilli() + ahead})
			require.NotNil(t, s.frames[1].Join)
			return s.frames[1].Join.SinceMs
		}
		assert.Equal(t, entered, since("s2"))

		f := delivery("bob", "room", "early")
		f.Delivery.ServerReceivedMs = entered + 1000
		w.push(1, f)
		assert.Equal(t, entered, since("s3"), "not from before the join")

		f = delivery("bob", "room", "later")
		f.Delivery.ServerReceivedMs = entered + 60_000
		w.push(1, f)
		assert.Equal(t, entered+60_000-MissedOverlap.Milliseconds(), since("s4"))
	})
}

func TestFirstJoinAsksForNothing(t *testing.T) {
	inSession(t, func(w *world) {
		w.Channel("room").Join(w.promise("join"))
		assert.Zero(t, w.host.socket().frames[0].Join.SinceMs)
	})
}
