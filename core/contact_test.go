package core

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"rtmwasm/core/wire"
)

func delivery(from, channel, text string) *wire.ServerFrame {
	return &wire.ServerFrame{Delivery: &wire.Delivery{
		From: from, Channel: channel, Message: &Message{Type: wire.Message_TEXT, Text: text},
	}}
}

func TestPing(t *testing.T) {
	inSession(t, func(w *world) {
		s := w.host.socket()
		s.receive(&wire.ServerFrame{Ping: &wire.Ping{}})
		assert.Equal(t, []string{"pong"}, s.taken())
	})
}

func TestSilenceIsLoss(t *testing.T) {
	inSession(t, func(w *world) {
		s := w.host.socket()
		for range 10 {
			w.host.pass(SilenceLimit - 1)
			s.receive(&wire.ServerFrame{Ping: &wire.Ping{}})
		}
		w.host.pass(SilenceLimit - 1)
		assert.Empty(t, w.taken())
		w.host.pass(1)
		assert.Equal(t, []string{"RECONNECTING INTERRUPTED"}, w.taken())
		assert.True(t, s.closed)
	})
}

// A page that stood still, or a machine that slept, has not yet handled what came meanwhile: it is
// no loss, unless nothing had come.
func TestStandstillIsNoLoss(t *testing.T) {
	inSession(t, func(w *world) {
		s := w.host.socket()
		for range 3 {
			time.Sleep(2 * SilenceLimit)
			w.host.settle() // timers come first
			s.receive(&wire.ServerFrame{Ping: &wire.Ping{}})
			w.host.pass(standstill)
			assert.Empty(t, w.taken())
		}
		time.Sleep(2 * SilenceLimit)
		w.host.settle()
		w.host.pass(standstill - 1)
		assert.Empty(t, w.taken())
		w.host.pass(1)
		assert.Equal(t, []string{"RECONNECTING INTERRUPTED"}, w.taken())
	})
}

// A page in the background may have each of its timers late: one is excused.
func TestStandstillIsExcusedOnce(t *testing.T) {
	inSession(t, func(w *world) {
		for range 2 {
			assert.Empty(t, w.taken())
			time.Sleep(time.Minute)
			w.host.settle()
		}
		assert.Equal(t, []string{"RECONNECTING INTERRUPTED"}, w.taken())
	})
}

// A gateway that pings rarely is not taken for lost between two pings.
func TestSilenceLimitFollowsTheGateway(t *testing.T) {
	inWorld(t, func(w *world) {
		w.Login("alice", testToken, w.promise("login"))
		w.accept(&wire.Welcome{SessionId: "s1", PingIntervalMs: 20000})
		w.forget()
		w.host.pass(40*time.Second - 1)
		assert.Empty(t, w.taken())
		w.host.pass(1)
		assert.Equal(t, []string{"RECONNECTING INTERRUPTED"}, w.taken())
	})
}

func TestPushesAreHandledOnceAndAcknowledged(t *testing.T) {
	inSession(t, func(w *world) {
		s := w.host.socket()
		w.push(1, delivery("bob", "", "one"))
		w.push(2, delivery("bob", "", "two"))
		w.push(2, delivery("bob", "", "two"))
		w.push(1, delivery("bob", "", "one"))
		w.push(3, &wire.ServerFrame{}) // of a kind that is not known yet
		w.push(4, delivery("bob", "", "four"))
		assert.Equal(t, []string{"bob: one", "bob: two", "bob: four"}, w.taken())
		assert.Equal(t, []string{"ack 1", "ack 2", "ack 2", "ack 2", "ack 3", "ack 4"}, s.taken())
	})
}

// What nobody waits for is acknowledged together: with the next Pong, or with a push that somebody
// waits for.
func TestPushesThatMayWait(t *testing.T) {
	inSession(t, func(w *world) {
		w.joined("room")
		w.forget()
		s := w.host.socket()
		ping := func() { s.receive(&wire.ServerFrame{Ping: &wire.Ping{}}) }
		w.push(1, delivery("bob", "room", "one"))
		w.push(2, &wire.ServerFrame{MemberChange: &wire.MemberChange{Channel: "room", Uid: "carol", Joined: true}})
		w.push(3, &wire.ServerFrame{Presence: &wire.PresenceList{}})
		w.push(4, &wire.ServerFrame{Attributes: &wire.AttributeList{Channel: "room"}})
		assert.Empty(t, s.taken())
		ping()
		ping()
		assert.Equal(t, []string{"ack 4", "pong", "pong"}, s.taken())

		w.push(5, delivery("bob", "room", "five"))
		w.push(6, delivery("bob", "", "six"))
		ping()
		assert.Equal(t, []string{"ack 6", "pong"}, s.taken())

		w.push(7, delivery("bob", "room", "seven"))
		w.push(7, delivery("bob", "room", "seven"))
		assert.Equal(t, []string{"ack 7"}, s.taken(), "the gateway does not know what was handled")
	})
}

// What the gateway keeps for a client that acknowledges later is bounded.
func TestPushesThatMayWaitAreBounded(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"short": {"text", []string{"ack 32", "ack 64"}},
		"long":  {strings.Repeat("x", 30_000), []string{"ack 3", "ack 6"}},
	} {
		t.Run(name, func(t *testing.T) {
			inSession(t, func(w *world) {
				w.joined("room")
				w.forget()
				s := w.host.socket()
				var acks []string
				for seq := uint64(1); len(acks) < 2; seq++ {
					w.push(seq, delivery("bob", "room", c.text))
					acks = append(acks, s.taken()...)
				}
				assert.Equal(t, c.want, acks)
			})
		})
	}
}

// After a break the client says what it has handled in Hello.
func TestPushesThatWaitedAreNotLost(t *testing.T) {
	inSession(t, func(w *world) {
		w.joined("room")
		w.push(1, delivery("bob", "room", "one"))
		w.interrupt()
		w.redialled()
		w.resumed()
		s := w.host.socket()
		s.taken()
		assert.EqualValues(t, 1, w.session.lastSeq)
		s.receive(&wire.ServerFrame{Ping: &wire.Ping{}})
		assert.Equal(t, []string{"pong"}, s.taken())
	})
}

func TestPushesThatConcernNobody(t *testing.T) {
	inSession(t, func(w *world) {
		s := w.host.socket()
		w.push(1, delivery("alice", "", "from myself"))
		w.push(2, delivery("bob", "room", "a channel that is not joined"))
		w.push(3, &wire.ServerFrame{Delivery: &wire.Delivery{From: "bob"}})
		w.push(4, &wire.ServerFrame{MemberChange: &wire.MemberChange{Channel: "room", Uid: "bob", Joined: true}})
		w.joined("room")
		w.push(5, delivery("alice", "room", "from myself"))
		assert.Empty(t, w.taken())
		s.receive(&wire.ServerFrame{Ping: &wire.Ping{}})
		assert.Contains(t, s.taken(), "ack 5")
	})
}

func TestMalformedFrame(t *testing.T) {
	inSession(t, func(w *world) {
		s := w.host.socket()
		s.receiveBytes([]byte{0x08, 0xff})
		assert.Equal(t, []string{"RECONNECTING INTERRUPTED"}, w.taken())
		assert.True(t, s.closed)
		w.redialled()
		w.resumed()
		assert.Equal(t, []string{"CONNECTED LOGIN_SUCCESS"}, w.taken())
	})
}

// Frames that are sound but make no sense change nothing.
func TestFramesToBeIgnored(t *testing.T) {
	inSession(t, func(w *world) {
		s := w.host.socket()
		for _, f := range []*wire.ServerFrame{
			{},
			{ReplyTo: 99, Sent: &wire.Sent{}},
			{Welcome: &wire.Welcome{SessionId: "other"}},
			{Refusal: &wire.Refusal{Reason: wire.Refusal_DISPLACED}},
			{Delivery: delivery("bob", "", "without a number").Delivery},
		} {
			s.receive(f)
		}
		assert.Empty(t, w.taken())
		assert.Empty(t, s.taken())
		assert.Equal(t, "s1", w.session.id)
	})
}

func TestNothingCountsBeforeWelcome(t *testing.T) {
	inWorld(t, func(w *world) {
		w.Login("alice", testToken, w.promise("login"))
		s := w.host.socket()
		s.l.Opened()
		w.forget()
		s.receive(&wire.ServerFrame{Ping: &wire.Ping{}})
		w.push(1, delivery("bob", "", "early"))
		assert.Empty(t, w.taken())
		assert.Empty(t, s.taken())
	})
}
