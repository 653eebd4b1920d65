package gateway_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/session"
)

// A client that is banned while it is away is told by a close code that it understands.
func TestBannedWhileAway(t *testing.T) {
	engine := newEngine(t)
	h, other := newHouse(t, engine), newHouse(t, engine)
	alice := h.login("alice")
	alice.cut()
	require.NoError(t, engine.Ban(t.Context(), session.Ban{User: id.User{App: appA, ID: "alice"}, Until: time.Now().Add(time.Hour)}))
	for _, at := range []*house{h, other} {
		require.Eventually(t, func() bool {
			c := at.dial()
			defer c.cut()
			c.listen()
			_ = c.write(&wire.ClientFrame{Hello: hello(appA, "alice")})
			f, open := <-c.frames // a ban that the gateway learns of meanwhile closes the socket
			return open && f.Refusal.GetReason() == wire.Refusal_BANNED
		}, waitLimit, 10*time.Millisecond)
		back := hello(appA, "alice")
		back.Reconnect = true
		back.Resume = &wire.Resume{SessionId: alice.welcome.SessionId, Credential: alice.welcome.Credential}
		c := at.dial()
		c.listen()
		c.send(&wire.ClientFrame{Id: 1, Hello: back})
		assert.Equal(t, wire.CloseBanned, c.closeCode())
	}
	h.loginTo(appB, "alice") // another app's user
}
