package gateway_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
	"rtmwasm/gateway"
	"rtmwasm/gateway/media"
	"rtmwasm/gateway/session"
)

func TestLogin(t *testing.T) {
	h := newHouse(t, nil)
	c := h.login("ada")
	assert.NotEmpty(t, c.welcome.SessionId)
	assert.NotEmpty(t, c.welcome.Credential)
	assert.False(t, c.welcome.Resumed)
	assert.EqualValues(t, 2500, c.welcome.PingIntervalMs)
	assert.EqualValues(t, 30000, c.welcome.SessionTimeoutMs)
	assert.InDelta(t, time.Now().UnixMilli(), c.welcome.ServerTimeMs, 5000)

	c.send(&wire.ClientFrame{Bye: &wire.Bye{}})
	assert.Equal(t, wire.CloseBye, c.closeCode())
}

func TestHelloRefused(t *testing.T) {
	h := newHouse(t, nil, func(c *gateway.Config) { c.Authorizer = guard{} })
	for _, test := range []struct {
		name   string
		hello  *wire.Hello
		reason wire.Refusal_Reason
	}{
		{"version", &wire.Hello{Version: 2, AppId: appA, Uid: "ada"}, wire.Refusal_VERSION},
		{"app id", &wire.Hello{Version: 1, AppId: "short", Uid: "ada"}, wire.Refusal_UNKNOWN_APP},
		{"uid", &wire.Hello{Version: 1, AppId: appA, Uid: "a*b"}, wire.Refusal_INVALID_ID},
		{"no uid", &wire.Hello{Version: 1, AppId: appA}, wire.Refusal_INVALID_ID},
		{"token", &wire.Hello{Version: 1, AppId: appA, Uid: "ada", Token: "bad"}, wire.Refusal_INVALID_TOKEN},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, f := h.knock(test.hello)
			require.NotNil(t, f.Refusal)
			assert.Equal(t, test.reason, f.Refusal.Reason)
			assert.NotEmpty(t, f.Refusal.Text)
			assert.Equal(t, wire.CloseRefused, c.closeCode())
		})
	}
}

// guard knows one bad token.
type guard struct{}

func (guard) Authorize(_ context.Context, login session.Login) (expiry time.Time, refusal *wire.Refusal) {
	if login.Token == "bad" {
		refusal = &wire.Refusal{Reason: wire.Refusal_INVALID_TOKEN, Text: "no"}
	}
	return expiry, refusal
}

func TestTokenIsIgnoredWithoutCertificates(t *testing.T) {
	h := newHouse(t, nil)
	with := hello(appA, "ada")
	with.Token = strings.Repeat("x", 1000)
	_, f := h.knock(with)
	require.NotNil(t, f.Welcome)
}

func TestNewestLoginWins(t *testing.T) {
	h := newHouse(t, nil)
	watcher := h.login("watcher")
	old := h.login("ada")
	watcher.join("room")
	old.join("room")
	require.True(t, watcher.change().Joined)
	oldCredential := old.welcome.Credential

	young := h.login("ada")

	assert.Equal(t, wire.CloseRemoteLogin, old.closeCode())
	left := watcher.change()
	assert.Equal(t, "ada", left.Uid)
	assert.False(t, left.Joined)
	assert.EqualValues(t, 1, left.MemberCount)
	_, err := h.server.Authenticate(t.Context(), oldCredential)
	require.ErrorIs(t, err, media.ErrUnauthorized)
	_, err = h.server.Authenticate(t.Context(), young.welcome.Credential)
	require.NoError(t, err)
	assert.Equal(t, 2, young.join("room"), "the new session starts with no channels")
}

func TestLoginDisplacesDetachedSession(t *testing.T) {
	h := newHouse(t, nil)
	watcher := h.login("watcher")
	old := h.login("ada")
	watcher.join("room")
	old.join("room")
	watcher.change()
	old.cut()
	young := h.login("ada")
	assert.False(t, watcher.change().Joined)

	back := hello(appA, "ada")
	back.Reconnect = true
	back.Resume = &wire.Resume{SessionId: old.welcome.SessionId, Credential: old.welcome.Credential}
	c, f := h.knock(back)
	require.NotNil(t, f.Refusal)
	assert.Equal(t, wire.Refusal_DISPLACED, f.Refusal.Reason)
	assert.Equal(t, wire.CloseRefused, c.closeCode())
	young.nothingPushed()
}

func TestManyConcurrentLoginsLeaveOne(t *testing.T) {
	engine := newEngine(t)
	houses := []*house{newHouse(t, engine), newHouse(t, engine)}
	const n = 16
	codes := make(chan int, n)
	clients := make([]*client, n)
	for i := range clients {
		clients[i] = houses[i%2].dial()
		clients[i].listen()
	}
	for _, c := range clients {
		go func() {
			_ = c.write(&wire.ClientFrame{Hello: hello(appA, "ada")})
			codes <- c.closeCode()
		}()
	}
	for range n - 1 {
		require.Equal(t, wire.CloseRemoteLogin, <-codes)
	}
	peer := houses[0].login("peer")
	peer.lastID++
	f := toPeer("ada", "still there?")
	f.Id = peer.lastID
	peer.send(f) // nobody acknowledges, but somebody is there: no answer at once
	select {
	case code := <-codes:
		require.Fail(t, "the last one was closed, too", "%d", code)
	default:
	}
	houses[0].login("ada")
	require.Equal(t, wire.CloseRemoteLogin, <-codes)
	assert.False(t, peer.answer(f.Id).Sent.Received, "the session ended without acknowledging")
}

func TestReconnectDisplacesNobody(t *testing.T) {
	h := newHouse(t, nil)
	h.login("ada")
	back := hello(appA, "ada")
	back.Reconnect = true
	_, f := h.knock(back)
	require.NotNil(t, f.Refusal)
	assert.Equal(t, wire.Refusal_DISPLACED, f.Refusal.Reason)

	back.Uid = "bob" // nobody is there
	_, f = h.knock(back)
	require.NotNil(t, f.Welcome)
}

func TestCredentialLivesWithItsSession(t *testing.T) {
	engine := newEngine(t)
	times := withTimes(session.Times{SessionTimeout: 100 * time.Millisecond})
	h, other := newHouse(t, engine, times), newHouse(t, engine)
	c := h.login("ada")
	for _, server := range []*gateway.Server{h.server, other.server} {
		who, err := server.Authenticate(t.Context(), c.welcome.Credential)
		require.NoError(t, err)
		assert.Equal(t, media.Principal{App: appA, UID: "ada", SessionID: c.welcome.SessionId}, who)
	}
	for _, bad := range []string{"", "x", "a.b.c.d", c.welcome.Credential + "x", c.welcome.Credential[1:]} {
		_, err := h.server.Authenticate(t.Context(), bad)
		require.ErrorIs(t, err, media.ErrUnauthorized, "%q", bad)
	}

	c.send(&wire.ClientFrame{Bye: &wire.Bye{}})
	require.Equal(t, wire.CloseBye, c.closeCode())
	_, err := other.server.Authenticate(t.Context(), c.welcome.Credential)
	require.ErrorIs(t, err, media.ErrUnauthorized)

	c = h.login("ada")
	c.cut()
	require.Eventually(t, func() bool {
		_, err := other.server.Authenticate(t.Context(), c.welcome.Credential)
		return err == media.ErrUnauthorized
	}, waitLimit, 10*time.Millisecond, "the session timed out")
}

func TestAppsAreIsolated(t *testing.T) {
	h := newHouse(t, nil)
	a, b := h.loginTo(appA, "ada"), h.loginTo(appB, "ada")
	bob := h.loginTo(appB, "bob")
	assert.Equal(t, 1, a.join("room"))
	assert.Equal(t, 1, b.join("room"))
	assert.False(t, a.ask(toPeer("bob", "hi")).Sent.Received)
	require.NotNil(t, a.ask(toChannel("room", "hi")).Sent)
	bob.nothingPushed()
	b.nothingPushed()
}

func TestCloseTellsClientsToComeBack(t *testing.T) {
	engine := newEngine(t)
	h, other := newHouse(t, engine), newHouse(t, engine)
	c, watcher := h.login("ada"), other.login("watcher")
	watcher.join("room")
	c.join("room")
	require.True(t, watcher.change().Joined)
	waiting := h.dial() // has not said Hello
	waiting.listen()

	require.NoError(t, h.server.Close(t.Context()))
	assert.Equal(t, wire.CloseRestart, c.closeCode())
	assert.False(t, wire.CloseIsFinal(waiting.closeCode()))
	assert.False(t, watcher.change().Joined)
}
