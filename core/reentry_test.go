package core

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
)

// Listeners may call the client again, inside any event.

func TestLogoutInsideMessage(t *testing.T) {
	inSession(t, func(w *world) {
		w.joined("room")
		s := w.host.socket()
		w.on["bob: hello"] = func() { require.Nil(t, w.LogoutNow()) }
		w.push(1, delivery("bob", "", "hello"))
		assert.Equal(t, []string{"bob: hello", "room LEFT", "DISCONNECTED LOGOUT"}, w.taken())
		assert.Equal(t, []string{"ack 1", "bye"}, s.taken(), "no acknowledgement into the closed socket")
	})
}

func TestNoChannelEventsAfterLogoutInsideMessage(t *testing.T) {
	inSession(t, func(w *world) {
		w.joined("room")
		w.on["room bob: hello"] = func() { w.Logout(w.promise("logout")) }
		w.push(1, delivery("bob", "room", "hello"))
		w.push(2, delivery("bob", "room", "late"))
		w.push(3, memberChange("bob", false, 1))
		w.host.socket().lose(wire.CloseBye)
		w.host.pass(time.Minute)
		assert.Equal(t, []string{"room bob: hello", "room LEFT", "DISCONNECTED LOGOUT", "logout: ok"}, w.taken())
	})
}

func TestLeaveInsideMemberJoined(t *testing.T) {
	inSession(t, func(w *world) {
		ch := w.joined("room")
		w.on["room +bob"] = func() { ch.Leave(w.promise("leave")) }
		w.push(1, memberChange("bob", true, 2))
		w.host.pass(SilenceLimit / 2)
		assert.Equal(t, []string{"room +bob", "room LEFT", "leave: ok"}, w.taken(), "and no count")
	})
}

func TestLogoutInsideConnecting(t *testing.T) {
	inWorld(t, func(w *world) {
		w.on["CONNECTING LOGIN"] = func() { require.Nil(t, w.LogoutNow()) }
		w.Login("alice", testToken, w.promise("login"))
		assert.Equal(t, []string{"CONNECTING LOGIN", "DISCONNECTED LOGOUT", "login: RtmInterruptedError 201"}, w.taken())
		assert.True(t, w.host.sockets[0].closed)
		w.host.pass(time.Minute)
		assert.Empty(t, w.taken())
	})
}

func TestLogoutInsideConnected(t *testing.T) {
	inWorld(t, func(w *world) {
		w.on["CONNECTED LOGIN_SUCCESS"] = func() { w.Logout(w.promise("logout")) }
		w.Login("alice", testToken, w.promise("login"))
		s := w.welcome("s1")
		assert.Equal(t, []string{"CONNECTING LOGIN", "CONNECTED LOGIN_SUCCESS", "login: ok"}, w.taken())
		assert.Equal(t, []string{"hello alice", "bye"}, s.taken())
		s.lose(wire.CloseBye)
		assert.Equal(t, []string{"DISCONNECTED LOGOUT", "logout: ok"}, w.taken())
	})
	inWorld(t, func(w *world) {
		w.on["CONNECTED LOGIN_SUCCESS"] = func() { require.Nil(t, w.LogoutNow()) }
		w.Login("alice", testToken, w.promise("login"))
		w.welcome("s1")
		assert.Equal(t, []string{"CONNECTING LOGIN", "CONNECTED LOGIN_SUCCESS", "login: ok", "DISCONNECTED LOGOUT"}, w.taken())
	})
}

func TestLogoutInsideReconnecting(t *testing.T) {
	inSession(t, func(w *world) {
		w.on["RECONNECTING INTERRUPTED"] = func() { w.Logout(w.promise("logout")) }
		w.host.socket().lose(1006)
		w.host.pass(time.Minute)
		assert.Equal(t, []string{"RECONNECTING INTERRUPTED", "DISCONNECTED LOGOUT", "logout: ok"}, w.taken())
		assert.Len(t, w.host.sockets, 1, "no attempt to come back")
	})
}

func TestLogoutInsideAborted(t *testing.T) {
	inSession(t, func(w *world) {
		w.on["ABORTED REMOTE_LOGIN"] = func() { w.Logout(w.promise("logout")) }
		w.host.socket().lose(wire.CloseRemoteLogin)
		assert.Equal(t, []string{"ABORTED REMOTE_LOGIN", "DISCONNECTED LOGOUT", "logout: ok"}, w.taken())
	})
}

func TestLoginInsideDisconnected(t *testing.T) {
	inSession(t, func(w *world) {
		w.host.pass(time.Second)
		w.on["DISCONNECTED LOGOUT"] = func() { w.Login("bob", testToken, w.promise("login")) }
		require.Nil(t, w.LogoutNow())
		w.welcome("s2")
		assert.Equal(t, []string{"DISCONNECTED LOGOUT", "CONNECTING LOGIN", "CONNECTED LOGIN_SUCCESS", "login: ok"}, w.taken())
		assert.Equal(t, "bob", w.UID())
	})
	inWorld(t, func(w *world) { // after a login that failed
		w.on["DISCONNECTED LOGIN_TIMEOUT"] = func() { w.Login("bob", testToken, w.promise("second")) }
		w.Login("alice", testToken, w.promise("first"))
		w.host.pass(LoginTimeout)
		w.welcome("s1")
		assert.Equal(t, []string{
			"CONNECTING LOGIN", "DISCONNECTED LOGIN_TIMEOUT", "first: RtmTimeoutError 9", "CONNECTING LOGIN",
			"CONNECTED LOGIN_SUCCESS", "second: ok",
		}, w.taken())
	})
}

func TestJoinAnsweredDuringLogout(t *testing.T) {
	inSession(t, func(w *world) {
		ch := w.Channel("room")
		ch.Join(w.promise("join"))
		w.Logout(w.promise("logout"))
		w.reply(&wire.ServerFrame{Joined: &wire.Joined{MemberCount: 2}})
		w.host.socket().lose(wire.CloseBye)
		w.host.pass(time.Minute)
		assert.Equal(t, []string{"room JOINING", "room LEFT", "join: RtmUnavailableError 1", "DISCONNECTED LOGOUT", "logout: ok"}, w.taken())
		assert.Equal(t, Left, ch.State())

		w.Login("alice", testToken, w.promise("login"))
		w.welcome("s2")
		ch.Join(w.promise("join"))
		w.reply(&wire.ServerFrame{Joined: &wire.Joined{MemberCount: 1}})
		assert.Contains(t, w.taken(), "join: ok")
	})
}

// A leave by whoever waited for the join ends the channel's events.
func TestLeaveInsideJoin(t *testing.T) {
	inSession(t, func(w *world) {
		ch := w.Channel("room")
		w.on["join: ok"] = func() { ch.Leave(w.promise("leave")) }
		ch.Join(w.promise("join"))
		w.reply(&wire.ServerFrame{Joined: &wire.Joined{MemberCount: 1}})
		w.host.pass(SilenceLimit / 2)
		assert.Equal(t, []string{"room JOINING", "room JOINED", "join: ok", "room LEFT", "leave: ok"}, w.taken(), "and no count")
	})
}

func TestLogoutInsideInvitationFailureWhileKicked(t *testing.T) {
	for name, logout := range map[string]func(w *world){
		"logout":     func(w *world) { w.Logout(w.promise("logout")) },
		"logoutSync": func(w *world) { require.Nil(t, w.LogoutNow()); w.note("logout: ok") },
	} {
		t.Run(name, func(t *testing.T) {
			inSession(t, func(w *world) {
				w.calling("1")
				w.forget()
				w.on["1 FAILURE NOT_LOGGEDIN"] = func() { logout(w) }
				w.host.socket().lose(wire.CloseRemoteLogin)
				assert.Equal(t, []string{"1 FAILURE NOT_LOGGEDIN", "ABORTED REMOTE_LOGIN", "DISCONNECTED LOGOUT", "logout: ok"}, w.taken())
				w.host.pass(time.Second)
				w.Login("alice", testToken, w.promise("login"))
				w.welcome("s2")
				assert.Contains(t, w.taken(), "login: ok")
			})
		})
	}
}

func TestLoginInsideInvitationFailureDuringLogout(t *testing.T) {
	inSession(t, func(w *world) {
		w.host.pass(time.Second)
		w.calling("1")
		w.forget()
		w.on["1 FAILURE NOT_LOGGEDIN"] = func() {
			require.Nil(t, w.LogoutNow())
			w.Login("bob", testToken, w.promise("login"))
		}
		w.Logout(w.promise("logout"))
		w.welcome("s2")
		assert.Equal(t, []string{"1 FAILURE NOT_LOGGEDIN", "DISCONNECTED LOGOUT", "logout: ok", "CONNECTING LOGIN", "CONNECTED LOGIN_SUCCESS", "login: ok"}, w.taken())
		w.alive(LoginTimeout + logoutTimeout)
		assert.Equal(t, Connected, w.State())
	})
}

// Whoever calls a method in each of very many events that wait for each other does not exhaust the stack.
func TestNestedCallbacksAreBounded(t *testing.T) {
	inSession(t, func(w *world) {
		told, deepest := 0, 0
		w.each = func(string) {
			told++
			deepest = max(deepest, w.nested)
			w.Wake()
		}
		for n := range 1000 {
			w.calling(strconv.Itoa(n))
		}
		require.Equal(t, 1000, told)
		require.Nil(t, w.LogoutNow())
		assert.Equal(t, 2001, told, "each of the calls failed, and the logout was told")
		assert.LessOrEqual(t, deepest, maxNested)
	})
}
