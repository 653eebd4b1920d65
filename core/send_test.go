package core

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
)

func TestSendToPeer(t *testing.T) {
	inSession(t, func(w *world) {
		s := w.host.socket()
		w.SendToPeer("bob", textMessage("hello"), true, w.sending("hello"))
		require.Len(t, s.frames, 1)
		send := s.frames[0].Send
		assert.Equal(t, "bob", send.Peer)
		assert.Empty(t, send.Channel)
		assert.True(t, send.Offline)
		assert.Equal(t, "hello", send.Message.Text)
		w.reply(&wire.ServerFrame{Sent: &wire.Sent{Received: true}})
		w.say("again")
		w.reply(&wire.ServerFrame{Sent: &wire.Sent{}})
		assert.Equal(t, []string{"bob received hello", "hello: ok", "again: ok"}, w.taken())
	})
}

// The order of checks of API 3.4: each message is wrong in all that follows as well.
func TestSendToPeerChecksInOrder(t *testing.T) {
	inWorld(t, func(w *world) {
		w.SendToPeer("a*b", &Outgoing{Fault: NotAMessage}, false, w.sending("no message"))
		w.SendToPeer("a*b", textMessage(of(32769)), false, w.sending("not logged in"))
		assert.Equal(t, []string{"no message: RtmInvalidArgumentError 7", "not logged in: RtmInvalidStatusError 102"}, w.taken())
	})
	inSession(t, func(w *world) {
		w.SendToPeer("a*b", textMessage(of(32769)), false, w.sending("peer"))
		w.SendToPeer("bob", textMessage(EndCallPrefix+of(32768)), false, w.sending("size"))
		w.SendToPeer("bob", textMessage(EndCallPrefix), false, w.sending("end call"))
		assert.Equal(t, []string{"peer: RtmInvalidArgumentError 6", "size: RtmLimitExceededError 7", "end call: RtmInvalidArgumentError 7"}, w.taken())
		assert.Empty(t, w.host.socket().taken(), "nothing was sent")
	})
}

func TestSendRateIsShared(t *testing.T) {
	inSession(t, func(w *world) {
		ch := w.joined("room")
		for i := range SendRate / 2 {
			w.say("p" + strconv.Itoa(i))
			ch.Send(textMessage("c"), w.promise("c"))
		}
		assert.Empty(t, w.taken())
		w.say("peer")
		ch.Send(textMessage("room"), w.promise("room"))
		assert.Equal(t, []string{"peer: RtmLimitExceededError 5", "room: RtmLimitExceededError 3"}, w.taken())
		w.host.socket().receive(&wire.ServerFrame{Ping: &wire.Ping{}})
		w.host.pass(SendRateWindow)
		w.say("later")
		assert.Empty(t, w.taken())
	})
}

func TestSendIsRepeatedOnceAndTimesOut(t *testing.T) {
	inSession(t, func(w *world) {
		s := w.host.socket()
		alive := func(d time.Duration) {
			for range d / time.Second {
				w.host.pass(time.Second)
				s.receive(&wire.ServerFrame{Ping: &wire.Ping{}})
			}
			var out []*wire.ClientFrame
			for _, f := range s.frames {
				if f.Pong == nil {
					out = append(out, f)
				}
			}
			s.frames = out
		}
		w.say("hello")
		s.taken()
		alive(5 * time.Second)
		assert.Empty(t, s.taken())
		alive(time.Second)
		assert.Equal(t, []string{"1 send bob hello"}, s.taken(), "after 6 s")
		alive(3 * time.Second)
		assert.Empty(t, w.taken())
		alive(time.Second)
		assert.Equal(t, []string{"hello: RtmTimeoutError 2"}, w.taken(), "after 10 s")
		assert.Empty(t, s.taken(), "repeated once")

		s.receive(&wire.ServerFrame{ReplyTo: 1, Sent: &wire.Sent{Received: true}})
		assert.Empty(t, w.taken(), "too late")
	})
}

// Browsers let the timers of a page in the background fire late.
func TestSendTimesOutWithOneLateTimer(t *testing.T) {
	inSession(t, func(w *world) {
		w.say("late")
		time.Sleep(RequestTimeout)
		w.host.settle()
		assert.Equal(t, []string{"late: RtmTimeoutError 2"}, w.taken())
	})
}

// A page may have replaced WebSocket.prototype.send by a function that calls the client.
func TestSendThatIsSettledWhileItIsSent(t *testing.T) {
	inSession(t, func(w *world) {
		s := w.host.socket()
		s.sent = func() {
			s.sent = nil
			w.LogoutNow()
		}
		w.say("last")
		w.host.pass(2 * RequestTimeout)
		assert.Contains(t, w.taken(), "last: RtmUnavailableError 1")
		assert.Empty(t, w.pending)
	})
}

func TestSendsWaitForTheConnection(t *testing.T) {
	inSession(t, func(w *world) {
		ch := w.joined("room")
		w.say("before")
		w.interrupt()
		w.say("one")
		ch.Send(textMessage("two"), w.promise("two"))
		w.say("three")
		w.forget()
		s := w.redialled()
		w.on["CONNECTED LOGIN_SUCCESS"] = func() { w.say("four") }
		w.resumed()
		assert.Equal(t, []string{"hello alice", "2 send bob before", "3 send bob one", "4 send room two", "5 send bob three", "6 send bob four"}, s.taken())
		for id := range uint32(5) {
			s.receive(&wire.ServerFrame{ReplyTo: 2 + id, Sent: &wire.Sent{}})
		}
		assert.Equal(t, []string{"CONNECTED LOGIN_SUCCESS", "before: ok", "one: ok", "two: ok", "three: ok", "four: ok"}, w.taken())
		w.alive(ReconnectWait)
		assert.Empty(t, w.taken(), "each is settled once")
	})
}

func TestSendsDoNotWaitForEver(t *testing.T) {
	inSession(t, func(w *world) {
		ch := w.joined("room")
		w.interrupt()
		w.forget()
		w.say("one")
		w.host.pass(time.Second)
		ch.Send(textMessage("two"), w.promise("two"))
		w.host.pass(8*time.Second - 1)
		assert.Empty(t, w.taken())
		w.host.pass(1)
		assert.Equal(t, []string{"one: RtmTimeoutError 2"}, w.taken())
		w.host.pass(time.Second)
		assert.Equal(t, []string{"two: RtmTimeoutError 2"}, w.taken())

		s := w.resumed() // the attempt under way
		assert.Equal(t, []string{"hello alice"}, s.taken(), "what was given up is not sent")
	})
}

func TestWaitingSendsEndWithTheSession(t *testing.T) {
	inSession(t, func(w *world) {
		w.interrupt()
		w.say("one")
		w.say("two")
		w.forget()
		w.Logout(w.promise("logout"))
		assert.Equal(t, []string{"one: RtmInvalidStatusError 102", "two: RtmInvalidStatusError 102", "DISCONNECTED LOGOUT", "logout: ok"}, w.taken())
	})
}

func TestUnansweredSendsEndWithTheSession(t *testing.T) {
	inSession(t, func(w *world) {
		w.say("one")
		w.say("two")
		require.Nil(t, w.LogoutNow())
		assert.Equal(t, []string{"one: RtmUnavailableError 1", "two: RtmUnavailableError 1", "DISCONNECTED LOGOUT"}, w.taken())
		w.host.pass(time.Minute)
		assert.Empty(t, w.taken())
	})
}
