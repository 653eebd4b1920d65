package core

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
)

func TestResume(t *testing.T) {
	inSession(t, func(w *world) {
		w.joined("room")
		w.push(7, delivery("bob", "", "seen"))
		w.interrupt()
		assert.Equal(t, []string{"bob: seen", "RECONNECTING INTERRUPTED"}, w.taken())

		w.host.pass(firstRetryCap) // the longest first wait
		s := w.host.socket()
		s.l.Opened()
		hello := s.frames[0].Hello
		assert.True(t, hello.Reconnect)
		assert.Equal(t, "alice", hello.Uid)
		assert.Equal(t, testToken, hello.Token)
		require.NotNil(t, hello.Resume)
		assert.Equal(t, "s1", hello.Resume.SessionId)
		assert.Equal(t, "credential of s1", hello.Resume.Credential)
		assert.Equal(t, uint64(7), hello.Resume.LastSeq)

		w.resumed()
		assert.Equal(t, []string{"CONNECTED LOGIN_SUCCESS"}, w.taken())
		w.push(7, delivery("bob", "", "seen"))
		w.push(8, delivery("bob", "room", "missed"))
		assert.Equal(t, []string{"room bob: missed"}, w.taken(), "each once; the channel stayed joined")
	})
}

func TestResumeSendsUnansweredRequestsAgain(t *testing.T) {
	inSession(t, func(w *world) {
		w.joined("room") // request 1
		w.say("one")
		w.say("two")
		w.Channel("hall").Join(w.promise("join"))
		w.host.socket().receive(&wire.ServerFrame{ReplyTo: 2, Sent: &wire.Sent{Received: true}})
		w.interrupt()
		w.forget()

		s := w.redialled()
		w.resumed()
		assert.Equal(t, []string{"hello alice", "3 send bob two", "4 join hall"}, s.taken(), "in order, under the old ids")
		s.receive(&wire.ServerFrame{ReplyTo: 3, Sent: &wire.Sent{}})
		s.receive(&wire.ServerFrame{ReplyTo: 3, Sent: &wire.Sent{}})
		assert.Equal(t, []string{"CONNECTED LOGIN_SUCCESS", "two: ok"}, w.taken(), "a second answer is ignored")
	})
}

func TestNewSessionAfterInterruption(t *testing.T) {
	inSession(t, func(w *world) {
		ch := w.joined("room")
		w.push(9, delivery("bob", "room", "of the old session"))
		w.say("one")
		w.Channel("hall").Join(w.promise("join"))
		ch.Members(func([]string, *Error) {})
		w.interrupt()
		w.forget()

		s := w.redialled()
		w.welcome("s2")
		assert.Equal(t, []string{"hello alice", "1 join room", "2 send bob one", "3 join hall", "4 members room"}, s.taken(),
			"channels first, then the unanswered in order under new ids")
		assert.Equal(t, []string{"CONNECTED LOGIN_SUCCESS"}, w.taken(), "channels stay joined")

		s.receive(&wire.ServerFrame{ReplyTo: 1, Joined: &wire.Joined{MemberCount: 5}})
		s.receive(&wire.ServerFrame{ReplyTo: 2, Sent: &wire.Sent{}})
		w.push(1, delivery("bob", "room", "of the new"))
		w.host.pass(MemberCountInterval)
		assert.Equal(t, []string{"one: ok", "room bob: of the new", "room =5"}, w.taken(), "pushes count from 1 again")

		w.interrupt()
		w.redialled().l.Opened()
		assert.Equal(t, "s2", w.host.socket().frames[0].Hello.Resume.SessionId)
	})
}

func TestChannelRefusedInNewSession(t *testing.T) {
	inSession(t, func(w *world) {
		ch := w.joined("room")
		w.interrupt()
		w.forget()
		w.redialled()
		s := w.welcome("s2")
		s.receive(&wire.ServerFrame{ReplyTo: 1, Refusal: &wire.Refusal{Reason: wire.Refusal_LIMIT}})
		assert.Equal(t, []string{"CONNECTED LOGIN_SUCCESS", "room LEFT"}, w.taken())
		assert.Equal(t, Left, ch.State())
	})
}

// The application takes the channel for joined, so it is tried until it is.
func TestChannelNotRejoinedYet(t *testing.T) {
	for _, reason := range []wire.Refusal_Reason{wire.Refusal_UNAVAILABLE, wire.Refusal_TOO_OFTEN} {
		inSession(t, func(w *world) {
			w.joined("room")
			w.interrupt()
			w.redialled()
			s := w.welcome("s2")
			w.forget()
			s.receive(&wire.ServerFrame{ReplyTo: 1, Refusal: &wire.Refusal{Reason: reason}})
			w.alive(lastRetryCap)
			assert.Contains(t, s.taken(), "2 join room")
			w.alive(RequestTimeout)
			assert.Contains(t, s.taken(), "3 join room", "unanswered")
			s.receive(&wire.ServerFrame{ReplyTo: 3, Joined: &wire.Joined{MemberCount: 4}})
			w.alive(2 * RequestTimeout)
			assert.NotContains(t, s.taken(), "4 join room")
			assert.Equal(t, []string{"room =4"}, w.taken())
		})
	}
}

func TestRejoinEndsWithTheSession(t *testing.T) {
	inSession(t, func(w *world) {
		ch := w.joined("room")
		w.interrupt()
		w.redialled()
		s := w.welcome("s2")
		s.receive(&wire.ServerFrame{ReplyTo: 1, Refusal: &wire.Refusal{Reason: wire.Refusal_UNAVAILABLE}})
		s.lose(wire.CloseRemoteLogin)
		w.host.pass(time.Minute)
		assert.Equal(t, Joined, ch.State(), "until logout")
		assert.Empty(t, w.pending)
	})
}

func TestRetriesForEver(t *testing.T) {
	inSession(t, func(w *world) {
		w.interrupt()
		w.forget()
		late := 0
		for range 50 {
			before := len(w.host.sockets)
			w.host.pass(lastRetryCap / 2)
			if len(w.host.sockets) == before {
				late++
			}
			w.host.pass(lastRetryCap / 2)
			require.Greater(t, len(w.host.sockets), before, "a wait is 4 s at most")
			w.host.socket().lose(1006)
		}
		assert.NotZero(t, late, "but grows")
		assert.Empty(t, w.taken(), "one event for all attempts")
		w.redialled()
		w.resumed()
		assert.Equal(t, []string{"CONNECTED LOGIN_SUCCESS"}, w.taken())
	})
}

func TestFirstAttemptIsSoonAfterEachLoss(t *testing.T) {
	inSession(t, func(w *world) {
		for range 20 {
			w.interrupt()
			w.redialled().lose(1006) // a failed attempt makes the next wait longer
			w.redialled().lose(1006)
			w.host.pass(lastRetryCap)
			w.resumed()
			w.interrupt()
			before := len(w.host.sockets)
			w.host.pass(firstRetryCap)
			require.Greater(t, len(w.host.sockets), before)
			w.resumed()
		}
	})
}

func TestAttemptThatHearsNothingIsGivenUp(t *testing.T) {
	inSession(t, func(w *world) {
		w.interrupt()
		s := w.redialled()
		s.l.Opened()
		w.host.pass(attemptTimeout)
		assert.True(t, s.closed)
		w.host.pass(lastRetryCap)
		assert.NotSame(t, s, w.host.socket())
	})
}

// A crowd that comes back makes a gateway slow: that it took the connection shows that it is there.
func TestAttemptThatIsTakenLateGoesOn(t *testing.T) {
	inSession(t, func(w *world) {
		w.interrupt()
		s := w.redialled()
		w.host.pass(attemptTimeout - 1)
		s.l.Opened()
		w.host.pass(attemptTimeout - 1)
		assert.False(t, s.closed)
		w.host.pass(1)
		assert.True(t, s.closed, "nothing more is heard")
	})
}

func TestAttemptRefusedIsRepeated(t *testing.T) {
	inSession(t, func(w *world) {
		w.interrupt()
		w.forget()
		s := w.redialled()
		w.refuse(&wire.Refusal{Reason: wire.Refusal_UNAVAILABLE})
		assert.True(t, s.closed)
		w.host.pass(lastRetryCap)
		assert.NotSame(t, s, w.host.socket())
		assert.Empty(t, w.taken())
	})
}

func TestWake(t *testing.T) {
	inSession(t, func(w *world) {
		w.Wake()
		assert.Len(t, w.host.sockets, 1, "nothing to do while connected")
		w.interrupt()
		w.Wake()
		assert.Len(t, w.host.sockets, 2, "at once")
		w.Wake()
		w.host.pass(attemptTimeout - 1)
		assert.Len(t, w.host.sockets, 2, "the attempt under way goes on")
		w.resumed()
		w.host.pass(time.Second)
		assert.Len(t, w.host.sockets, 2, "the planned attempt is gone")
	})
}

func TestAborted(t *testing.T) {
	displaced := func(w *world) {
		w.interrupt()
		w.redialled()
		w.refuse(&wire.Refusal{Reason: wire.Refusal_DISPLACED})
	}
	closed := func(code int) func(*world) {
		return func(w *world) { w.host.socket().lose(code) }
	}
	for _, c := range []struct {
		name   string
		cause  func(*world)
		reason Reason
	}{
		{"the same uid elsewhere", closed(wire.CloseRemoteLogin), ReasonRemoteLogin},
		{"the same uid elsewhere, while reconnecting", displaced, ReasonRemoteLogin},
		{"banned", closed(wire.CloseBanned), ReasonBanned},
		{"another close that says stay away", closed(wire.CloseFlood), ReasonBanned},
	} {
		t.Run(c.name, func(t *testing.T) {
			inSession(t, func(w *world) {
				ch := w.joined("room")
				w.say("unanswered")
				c.cause(w)
				got := w.taken()
				require.Equal(t, []string{"unanswered: RtmUnavailableError 1", "ABORTED " + string(c.reason)}, got[len(got)-2:])
				sockets := len(w.host.sockets)
				w.host.pass(time.Minute)
				assert.Len(t, w.host.sockets, sockets, "no way back by itself")

				w.say("late")
				w.Channel("hall").Join(w.promise("join"))
				assert.Equal(t, []string{"late: RtmInvalidStatusError 102", "join: RtmInvalidStatusError 102"}, w.taken())
				ch.Leave(w.promise("leave"))
				assert.Equal(t, []string{"room LEFT", "leave: ok"}, w.taken())
			})
		})
	}
}

// Any other close counts as a lost connection.
func TestInterrupted(t *testing.T) {
	for _, code := range []int{1000, 1001, 1006, 1011, wire.CloseRestart, wire.CloseSlow, wire.CloseSilent, wire.CloseReplaced, wire.CloseBye, wire.CloseRefused} {
		inSession(t, func(w *world) {
			w.host.socket().lose(code)
			assert.Equal(t, []string{"RECONNECTING INTERRUPTED"}, w.taken(), code)
			w.redialled()
		})
	}
}
