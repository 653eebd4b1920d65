package core

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
)

func refusal(r wire.Refusal_Reason) *wire.Refusal { return &wire.Refusal{Reason: r, ServerCode: 10} }

// helloToken is what the last Hello brought.
func (w *world) helloToken(s *testSocket) string {
	w.t.Helper()
	for i := len(s.frames) - 1; i >= 0; i-- {
		if h := s.frames[i].Hello; h != nil {
			return h.Token
		}
	}
	require.FailNow(w.t, "no Hello was sent")
	return ""
}

// expired interrupts the session and has the way back refused for the token.
func (w *world) expired() {
	w.t.Helper()
	w.interrupt()
	w.redialled()
	w.refuse(refusal(wire.Refusal_TOKEN_EXPIRED))
	require.Equal(w.t, []string{"RECONNECTING INTERRUPTED", "TokenExpired"}, w.taken())
}

func TestRenew(t *testing.T) {
	inSession(t, func(w *world) {
		w.RenewToken("new", w.promise("renew"))
		assert.Equal(t, []string{"1 renew new"}, w.host.socket().taken())
		w.reply(&wire.ServerFrame{Done: &wire.Done{}})
		assert.Equal(t, []string{"renew: ok"}, w.taken())

		w.interrupt()
		s := w.redialled()
		s.l.Opened()
		assert.Equal(t, "new", w.helloToken(s), "for the next connection")
	})
}

// The table of API 3.3. The old token stays in force.
func TestRenewRefused(t *testing.T) {
	for reason, want := range map[wire.Refusal_Reason]string{
		wire.Refusal_TOKEN_EXPIRED: "RtmUnauthenticatedError 5",
		wire.Refusal_INVALID_TOKEN: "RtmUnauthenticatedError 6",
		wire.Refusal_UID_MISMATCH:  "RtmUnauthenticatedError 6",
		wire.Refusal_UNKNOWN_APP:   "RtmUnauthenticatedError 6",
		wire.Refusal_UNAVAILABLE:   "RtmUnavailableError 3",
		wire.Refusal_BAD_REQUEST:   "RtmUnavailableError 3",
		wire.Refusal_TOO_OFTEN:     "RtmInvokeTooOftenError 4",
	} {
		t.Run(reason.String(), func(t *testing.T) {
			inSession(t, func(w *world) {
				var got *Error
				w.RenewToken("new", func(err *Error) { got = err })
				w.reply(&wire.ServerFrame{Refusal: refusal(reason)})
				assert.Equal(t, want, outcome(got))
				assert.Equal(t, 10, got.ServerCode)
				assert.Empty(t, w.taken(), "no event")
				w.interrupt()
				s := w.redialled()
				s.l.Opened()
				assert.Equal(t, testToken, w.helloToken(s))
			})
		})
	}
}

func TestRenewNeedsALogin(t *testing.T) {
	inWorld(t, func(w *world) {
		w.RenewToken("", w.promise("empty"))
		w.RenewToken("new", w.promise("out"))
		w.Login("alice", testToken, w.promise("login"))
		w.RenewToken("new", w.promise("early"))
		w.welcome("s1")
		w.host.socket().lose(wire.CloseRemoteLogin)
		w.RenewToken("new", w.promise("aborted"))
		assert.Equal(t, []string{
			"empty: RtmInvalidArgumentError 2", "out: RtmInvalidStatusError 102", "CONNECTING LOGIN", "early: RtmInvalidStatusError 102",
			"CONNECTED LOGIN_SUCCESS", "login: ok", "ABORTED REMOTE_LOGIN", "aborted: RtmInvalidStatusError 102",
		}, w.taken())
	})
}

func TestRenewTooOften(t *testing.T) {
	inSession(t, func(w *world) {
		for _, name := range []string{"first", "second", "third"} {
			w.RenewToken(name, w.promise(name))
		}
		assert.Equal(t, []string{"third: RtmInvokeTooOftenError 4"}, w.taken())
		w.alive(time.Second - 1)
		w.RenewToken("x", w.promise("early"))
		assert.Equal(t, []string{"early: RtmInvokeTooOftenError 4"}, w.taken())
		w.alive(1)
		w.RenewToken("x", w.promise("in time"))
		assert.Empty(t, w.taken())
	})
}

func TestRenewTimesOut(t *testing.T) {
	inSession(t, func(w *world) {
		w.RenewToken("new", w.promise("renew"))
		s := w.host.socket()
		w.alive(RenewTimeout - time.Millisecond)
		assert.Empty(t, w.taken())
		attempts := 0
		for _, line := range s.taken() {
			if line == "1 renew new" {
				attempts++
			}
		}
		assert.Equal(t, 8, attempts, "every 2.5 s, under one id")
		w.alive(time.Millisecond)
		assert.Equal(t, []string{"renew: RtmTimeoutError 1"}, w.taken())
		w.alive(time.Minute)
		assert.NotContains(t, s.taken(), "1 renew new")
	})
}

func TestLogoutEndsARenewal(t *testing.T) {
	inSession(t, func(w *world) {
		w.RenewToken("new", w.promise("renew"))
		require.Nil(t, w.LogoutNow())
		assert.ElementsMatch(t, []string{"renew: RtmInvalidStatusError 102", "DISCONNECTED LOGOUT"}, w.taken())
	})
}

// Interrupted while it was under way, a renewal is what the client comes back with.
func TestRenewAcrossAnInterruption(t *testing.T) {
	for name, back := range map[string]func(w *world){
		"same session": func(w *world) { w.resumed() },
		"new session":  func(w *world) { w.welcome("s2") },
	} {
		t.Run(name, func(t *testing.T) {
			inSession(t, func(w *world) {
				w.RenewToken("new", w.promise("renew"))
				w.interrupt()
				w.forget()
				w.on["CONNECTED LOGIN_SUCCESS"] = func() { assert.Equal(t, Connected, w.State()) }
				s := w.redialled()
				s.l.Opened()
				assert.Equal(t, "new", w.helloToken(s))
				back(w)
				assert.Equal(t, []string{"CONNECTED LOGIN_SUCCESS", "renew: ok"}, w.taken())
				assert.NotContains(t, s.taken(), "1 renew new", "Hello has asked already")
				w.interrupt()
				s = w.redialled()
				s.l.Opened()
				assert.Equal(t, "new", w.helloToken(s))
			})
		})
	}
}

func TestTheLatestOfTwoRenewalsStands(t *testing.T) {
	inSession(t, func(w *world) {
		w.interrupt()
		w.forget()
		w.RenewToken("one", w.promise("one"))
		w.RenewToken("two", w.promise("two"))
		s := w.redialled()
		w.resumed()
		assert.Equal(t, []string{"CONNECTED LOGIN_SUCCESS", "two: ok"}, w.taken())
		assert.Equal(t, []string{"hello alice", "1 renew one"}, s.taken())
		s.receive(&wire.ServerFrame{ReplyTo: 1, Done: &wire.Done{}})
		assert.Equal(t, []string{"one: ok"}, w.taken())
		w.interrupt()
		s = w.redialled()
		s.l.Opened()
		assert.Equal(t, "two", w.helloToken(s))
	})
}

// API 8.6.
func TestTokenExpiredWhileReconnecting(t *testing.T) {
	for _, reason := range []wire.Refusal_Reason{wire.Refusal_TOKEN_EXPIRED, wire.Refusal_INVALID_TOKEN, wire.Refusal_UID_MISMATCH} {
		t.Run(reason.String(), func(t *testing.T) {
			inSession(t, func(w *world) {
				w.joined("room")
				w.interrupt()
				w.redialled()
				w.refuse(refusal(reason))
				assert.Equal(t, []string{"RECONNECTING INTERRUPTED", "TokenExpired"}, w.taken())
				dials := len(w.host.sockets)
				w.host.pass(time.Hour)
				w.Wake()
				assert.Len(t, w.host.sockets, dials, "no more attempts")
				assert.Equal(t, Reconnecting, w.State())
				assert.Empty(t, w.taken())

				w.RenewToken("new", w.promise("renew"))
				require.Len(t, w.host.sockets, dials+1, "at once")
				s := w.host.socket()
				w.welcome("s2")
				assert.Equal(t, "new", w.helloToken(s))
				assert.Equal(t, []string{"CONNECTED LOGIN_SUCCESS", "renew: ok"}, w.taken())
				assert.Contains(t, s.taken(), "1 join room")

				w.interrupt()
				w.redialled().lose(1006)
				w.host.pass(lastRetryCap)
				assert.Greater(t, len(w.host.sockets), dials+2, "attempts are made again")
			})
		})
	}
}

func TestExpiredThenLogout(t *testing.T) {
	inSession(t, func(w *world) {
		w.expired()
		w.Logout(w.promise("logout"))
		assert.Equal(t, []string{"DISCONNECTED LOGOUT", "logout: ok"}, w.taken())
		w.host.pass(time.Second)
		w.Login("alice", "fresh", w.promise("login"))
		w.welcome("s2")
		w.interrupt()
		w.redialled()
		w.refuse(refusal(wire.Refusal_UNAVAILABLE))
		before := len(w.host.sockets)
		w.host.pass(lastRetryCap)
		assert.Greater(t, len(w.host.sockets), before, "nothing is left of the former session's refusal")
	})
}

func TestExpiredAndTheNewTokenToo(t *testing.T) {
	for reason, want := range map[wire.Refusal_Reason]string{
		wire.Refusal_TOKEN_EXPIRED: "renew: RtmUnauthenticatedError 5",
		wire.Refusal_UNKNOWN_APP:   "renew: RtmUnauthenticatedError 6",
	} {
		inSession(t, func(w *world) {
			w.expired()
			w.RenewToken("bad", w.promise("renew"))
			w.refuse(refusal(reason))
			assert.Equal(t, []string{want}, w.taken())
			dials := len(w.host.sockets)
			w.host.pass(time.Hour)
			assert.Len(t, w.host.sockets, dials)
			w.RenewToken("good", w.promise("again"))
			w.resumed()
			assert.Equal(t, []string{"CONNECTED LOGIN_SUCCESS", "again: ok"}, w.taken())
		})
	}
}

// A bad new token does not end what the old one may still do.
func TestRenewalRefusedOnTheWayBack(t *testing.T) {
	inSession(t, func(w *world) {
		w.interrupt()
		w.RenewToken("bad", w.promise("renew"))
		w.redialled()
		w.refuse(refusal(wire.Refusal_TOKEN_EXPIRED))
		assert.Equal(t, []string{"RECONNECTING INTERRUPTED", "renew: RtmUnauthenticatedError 5"}, w.taken())
		w.host.pass(lastRetryCap)
		s := w.host.socket()
		w.resumed()
		assert.Equal(t, testToken, w.helloToken(s))
	})
}

// Where no gateway answers, the new token is tried for as long as it takes.
func TestExpiredWhileTheGatewayIsAway(t *testing.T) {
	inSession(t, func(w *world) {
		w.expired()
		w.RenewToken("new", w.promise("renew"))
		for range 100 {
			w.host.pass(RenewTimeout / 80)
			if s := w.host.sockets[len(w.host.sockets)-1]; !s.closed {
				s.lose(1006)
			}
		}
		assert.Equal(t, []string{"renew: RtmTimeoutError 1"}, w.taken())
		w.host.pass(lastRetryCap)
		s := w.host.socket()
		w.welcome("s2")
		assert.Equal(t, "new", w.helloToken(s))
		assert.Equal(t, []string{"CONNECTED LOGIN_SUCCESS"}, w.taken())
	})
}

// An app id that is not served is the operator's matter: the client tries on, slowly.
func TestUnknownAppWhileReconnecting(t *testing.T) {
	inSession(t, func(w *world) {
		w.interrupt()
		dials := 0
		for range 60 {
			if s := w.host.sockets[len(w.host.sockets)-1]; !s.closed {
				w.refuse(refusal(wire.Refusal_UNKNOWN_APP))
				dials++
			}
			w.host.pass(time.Second)
		}
		assert.Greater(t, dials, 10)
		assert.Less(t, dials, 60)
		assert.Equal(t, []string{"RECONNECTING INTERRUPTED"}, w.taken())
	})
}

func TestTokenWillExpire(t *testing.T) {
	inSession(t, func(w *world) {
		w.push(1, &wire.ServerFrame{TokenExpiring: &wire.TokenExpiring{}})
		assert.Equal(t, []string{"TokenPrivilegeWillExpire"}, w.taken())
		assert.Equal(t, []string{"ack 1"}, w.host.socket().taken())
		assert.Equal(t, Connected, w.State())
	})
}
