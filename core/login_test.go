package core

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
)

func TestLogin(t *testing.T) {
	inWorld(t, func(w *world) {
		w.Login("alice", testToken, w.promise("login"))
		assert.Equal(t, []string{"CONNECTING LOGIN"}, w.taken(), "inside the call")
		s := w.host.socket()
		assert.Equal(t, "wss://gw.example/rtm", s.url)
		assert.Empty(t, s.taken(), "nothing before the socket is open")

		s.l.Opened()
		require.Len(t, s.frames, 1)
		hello := s.frames[0].Hello
		require.NotNil(t, hello)
		assert.Equal(t, uint32(1), hello.Version)
		assert.Equal(t, testApp, hello.AppId)
		assert.Equal(t, "alice", hello.Uid)
		assert.Equal(t, testToken, hello.Token)
		assert.False(t, hello.Reconnect)
		assert.Nil(t, hello.Resume)

		w.on["CONNECTED LOGIN_SUCCESS"] = func() { assert.Equal(t, Connected, w.State()) }
		s.receive(&wire.ServerFrame{Welcome: &wire.Welcome{SessionId: "s1", PingIntervalMs: 2500}})
		assert.Equal(t, []string{"CONNECTED LOGIN_SUCCESS", "login: ok"}, w.taken())
		assert.Equal(t, "alice", w.UID())
	})
}

func TestLoginTakesTheAppIDForNoToken(t *testing.T) {
	inWorld(t, func(w *world) {
		w.Login("alice", testApp, w.promise("login"))
		s := w.host.socket()
		s.l.Opened()
		assert.Empty(t, s.frames[0].Hello.Token)
	})
}

// The table of API 3.1, step 7.
func TestLoginRefused(t *testing.T) {
	for _, c := range []struct {
		reason wire.Refusal_Reason
		want   string
	}{
		{wire.Refusal_UNKNOWN_APP, "RtmUnauthenticatedError 4"},
		{wire.Refusal_INVALID_TOKEN, "RtmUnauthenticatedError 5"},
		{wire.Refusal_TOKEN_EXPIRED, "RtmUnauthenticatedError 6"},
		{wire.Refusal_UID_MISMATCH, "RtmUnauthenticatedError 3"},
		{wire.Refusal_INVALID_ID, "RtmInvalidArgumentError 3"},
		{wire.Refusal_UNAVAILABLE, "RtmUnavailableError 2"},
		{wire.Refusal_VERSION, "RtmUnavailableError 2"},
	} {
		t.Run(c.reason.String(), func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.Login("alice", testToken, w.promise("login"))
				s := w.host.socket()
				w.refuse(&wire.Refusal{Reason: c.reason})
				assert.Equal(t, []string{"CONNECTING LOGIN", "DISCONNECTED LOGIN_FAILURE", "login: " + c.want}, w.taken())
				assert.True(t, s.closed)

				w.host.pass(time.Minute)
				assert.Empty(t, w.taken(), "no timer is left")
				assert.Len(t, w.host.sockets, 1, "no second attempt")
				w.Login("alice", testToken, w.promise("again"))
				w.welcome("s1")
				assert.Equal(t, "again: ok", w.taken()[2])
			})
		})
	}
}

func TestLoginTimesOut(t *testing.T) {
	for _, opened := range []bool{false, true} {
		inWorld(t, func(w *world) {
			w.Login("alice", testToken, w.promise("login"))
			s := w.host.socket()
			if opened {
				s.l.Opened()
			}
			w.host.pass(12*time.Second - 1)
			assert.Equal(t, []string{"CONNECTING LOGIN"}, w.taken())
			w.host.pass(1)
			assert.Equal(t, []string{"DISCONNECTED LOGIN_TIMEOUT", "login: RtmTimeoutError 9"}, w.taken())
			assert.True(t, s.closed)
		})
	}
}

func TestLoginWithoutGateway(t *testing.T) {
	inWorld(t, func(w *world) {
		var got *Error
		w.Login("alice", testToken, func(err *Error) { got = err })
		w.host.socket().lose(1006)
		assert.Equal(t, []string{"CONNECTING LOGIN", "DISCONNECTED LOGIN_FAILURE"}, w.taken())
		assert.Equal(t, "RtmUnavailableError 1", outcome(got))
		assert.Error(t, got.Cause)
		assert.Contains(t, got.Text, "https://gw.example")
	})
}

func TestLoginAnsweredWithNonsense(t *testing.T) {
	inWorld(t, func(w *world) {
		w.Login("alice", testToken, w.promise("login"))
		s := w.host.socket()
		s.l.Opened()
		s.receiveBytes([]byte{0xff})
		assert.Equal(t, []string{"CONNECTING LOGIN", "DISCONNECTED LOGIN_FAILURE", "login: RtmUnavailableError 1"}, w.taken())
		assert.True(t, s.closed)
	})
}

func TestLoginArguments(t *testing.T) {
	inWorld(t, func(w *world) {
		for _, uid := range []string{"", "null", "a*b", of(65)} {
			w.Login(uid, testToken, w.promise(uid))
			assert.Equal(t, []string{uid + ": RtmInvalidArgumentError 3"}, w.taken())
		}
		w.Login("alice", testToken, w.promise("login"))
		assert.Equal(t, []string{"CONNECTING LOGIN"}, w.taken(), "a bad argument does not count as an attempt")
	})
}

func TestLoginTooOften(t *testing.T) {
	inWorld(t, func(w *world) {
		w.Login("alice", testToken, w.promise("first"))
		w.refuse(&wire.Refusal{Reason: wire.Refusal_INVALID_TOKEN})
		w.forget()

		w.host.pass(500*time.Millisecond - 1)
		w.Login("alice", testToken, w.promise("early"))
		w.Login("a*b", testToken, w.promise("bad"))
		assert.Equal(t, []string{"early: RtmInvokeTooOftenError 10", "bad: RtmInvalidArgumentError 3"}, w.taken())

		w.host.pass(1)
		w.Login("alice", testToken, w.promise("second"))
		assert.Equal(t, []string{"CONNECTING LOGIN"}, w.taken(), "the one refused did not count")
	})
}

func TestLoginAlreadyMade(t *testing.T) {
	for _, c := range []struct {
		state State
		reach func(w *world)
	}{
		{Connecting, func(*world) {}},
		{Connected, func(w *world) { w.welcome("s1") }},
		{Reconnecting, func(w *world) { w.welcome("s1"); w.interrupt() }},
		{Aborted, func(w *world) { w.welcome("s1").lose(wire.CloseRemoteLogin) }},
	} {
		t.Run(string(c.state), func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.Login("alice", testToken, w.promise("first"))
				c.reach(w)
				require.Equal(t, c.state, w.State())
				w.forget()
				w.Login("alice", testToken, w.promise("at once"))
				w.host.pass(500 * time.Millisecond)
				w.Login("bob", testToken, w.promise("second"))
				w.Login("bob", testToken, w.promise("third"))
				got := w.taken()
				assert.Equal(t, "at once: RtmInvokeTooOftenError 10", got[0], "comes before the state")
				assert.Equal(t, []string{"second: RtmInvalidStatusError 8", "third: RtmInvokeTooOftenError 10"}, got[len(got)-2:])
				assert.Equal(t, "alice", w.UID())
			})
		})
	}
}
