package core

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
)

func TestLogout(t *testing.T) {
	inSession(t, func(w *world) {
		ch := w.joined("room")
		s := w.host.socket()
		w.Logout(w.promise("logout"))
		assert.Equal(t, []string{"bye"}, s.taken(), "inside the call")
		assert.Equal(t, []string{"room LEFT"}, w.taken())
		assert.False(t, s.closed, "the gateway closes")

		s.lose(wire.CloseBye)
		assert.Equal(t, []string{"DISCONNECTED LOGOUT", "logout: ok"}, w.taken())
		assert.Equal(t, Left, ch.State())
		w.host.pass(time.Minute)
		assert.Empty(t, w.taken(), "nothing follows")
		assert.Len(t, w.host.sockets, 1)
	})
}

func TestLogoutDoesNotWaitForEver(t *testing.T) {
	inSession(t, func(w *world) {
		s := w.host.socket()
		w.Logout(w.promise("logout"))
		w.host.pass(time.Second)
		w.Logout(w.promise("second"))
		s.receive(&wire.ServerFrame{Ping: &wire.Ping{}})
		w.host.pass(4*time.Second - 1)
		assert.Empty(t, w.taken())
		w.host.pass(1)
		assert.Equal(t, []string{"DISCONNECTED LOGOUT", "logout: ok", "second: ok"}, w.taken())
		assert.True(t, s.closed)
	})
}

// Whatever the gateway says to Bye, it is a logout.
func TestLogoutEndsWithAnyClose(t *testing.T) {
	for _, code := range []int{1006, wire.CloseRestart, wire.CloseRemoteLogin, wire.CloseBanned} {
		inSession(t, func(w *world) {
			w.Logout(w.promise("logout"))
			w.host.socket().lose(code)
			assert.Equal(t, []string{"DISCONNECTED LOGOUT", "logout: ok"}, w.taken(), code)
		})
	}
}

func TestLogoutBeforeLogin(t *testing.T) {
	inWorld(t, func(w *world) {
		w.Logout(w.promise("logout"))
		assert.Equal(t, []string{"logout: RtmInvalidStatusError 102"}, w.taken())
		err := w.LogoutNow()
		assert.Equal(t, "RtmInvalidStatusError 102", outcome(err))
	})
}

func TestLogoutWaitsForLogin(t *testing.T) {
	inWorld(t, func(w *world) {
		w.Login("alice", testToken, w.promise("login"))
		w.Logout(w.promise("logout"))
		s := w.welcome("s1")
		assert.Equal(t, []string{"CONNECTING LOGIN", "CONNECTED LOGIN_SUCCESS", "login: ok"}, w.taken())
		assert.Equal(t, []string{"hello alice", "bye"}, s.taken())
		s.lose(wire.CloseBye)
		assert.Equal(t, []string{"DISCONNECTED LOGOUT", "logout: ok"}, w.taken())
	})
}

func TestLogoutFailsWithTheLogin(t *testing.T) {
	inWorld(t, func(w *world) {
		w.Login("alice", testToken, w.promise("login"))
		w.Logout(w.promise("logout"))
		w.refuse(&wire.Refusal{Reason: wire.Refusal_INVALID_TOKEN})
		assert.Equal(t, []string{
			"CONNECTING LOGIN", "DISCONNECTED LOGIN_FAILURE",
			"login: RtmUnauthenticatedError 5", "logout: RtmUnauthenticatedError 5",
		}, w.taken())
	})
}

func TestLogoutOutOfAborted(t *testing.T) {
	inSession(t, func(w *world) {
		w.host.socket().lose(wire.CloseRemoteLogin)
		w.forget()
		w.Logout(w.promise("logout"))
		assert.Equal(t, []string{"DISCONNECTED LOGOUT", "logout: ok"}, w.taken())

		w.host.pass(time.Second)
		w.Login("alice", testToken, w.promise("login"))
		w.welcome("s2")
		assert.Equal(t, "login: ok", w.taken()[2])
	})
}

func TestLogoutWhileReconnecting(t *testing.T) {
	inSession(t, func(w *world) {
		w.interrupt()
		w.forget()
		w.Logout(w.promise("logout"))
		assert.Equal(t, []string{"DISCONNECTED LOGOUT", "logout: ok"}, w.taken())
		w.host.pass(time.Minute)
		assert.Len(t, w.host.sockets, 1, "no attempt to come back")
	})
}

// A gateway that was asked to resume is told that the session is over.
func TestLogoutTellsTheGatewayThatWasAskedToResume(t *testing.T) {
	inSession(t, func(w *world) {
		w.interrupt()
		s := w.redialled()
		s.l.Opened()
		w.Logout(w.promise("logout"))
		assert.Equal(t, []string{"hello alice", "bye"}, s.taken())
		assert.True(t, s.closed)
		assert.Equal(t, Disconnected, w.State())
	})
}

func TestLogoutNow(t *testing.T) {
	inSession(t, func(w *world) {
		w.joined("room")
		s := w.host.socket()
		require.Nil(t, w.LogoutNow())
		assert.Equal(t, []string{"bye"}, s.taken())
		assert.True(t, s.closed)
		assert.Equal(t, []string{"room LEFT", "DISCONNECTED LOGOUT"}, w.taken())
	})
}

func TestLogoutNowDuringLogin(t *testing.T) {
	for name, c := range map[string]struct {
		opened bool
		sent   []string
	}{"before the socket is open": {false, nil}, "after Hello": {true, []string{"hello alice", "bye"}}} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.Login("alice", testToken, w.promise("login"))
				w.Logout(w.promise("logout"))
				s := w.host.socket()
				if c.opened {
					s.l.Opened()
				}
				require.Nil(t, w.LogoutNow())
				assert.Equal(t, c.sent, s.taken())
				assert.True(t, s.closed)
				assert.Equal(t, []string{
					"CONNECTING LOGIN", "DISCONNECTED LOGOUT",
					"login: RtmInterruptedError 201", "logout: RtmInterruptedError 201",
				}, w.taken())
				w.host.pass(time.Minute)
				assert.Empty(t, w.taken())
			})
		})
	}
}

func TestLogoutNowDuringLogout(t *testing.T) {
	inSession(t, func(w *world) {
		w.Logout(w.promise("logout"))
		require.Nil(t, w.LogoutNow())
		assert.Equal(t, []string{"DISCONNECTED LOGOUT", "logout: ok"}, w.taken())
		w.host.pass(time.Minute)
		assert.Empty(t, w.taken())
	})
}

// Nothing works between the call of logout and its end.
func TestCallsDuringLogout(t *testing.T) {
	inSession(t, func(w *world) {
		w.Logout(w.promise("logout"))
		w.host.pass(time.Second)
		w.Login("alice", testToken, w.promise("login"))
		w.say("hello")
		w.Channel("room").Join(w.promise("join"))
		assert.Equal(t, []string{"login: RtmInvalidStatusError 8", "hello: RtmInvalidStatusError 102", "join: RtmInvalidStatusError 102"}, w.taken())
	})
}
