package gateway_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
	"rtmwasm/gateway"
)

func TestSessionsAreBounded(t *testing.T) {
	h := newHouse(t, nil, func(c *gateway.Config) {
		c.Limits = gateway.Limits{Sessions: 3, AppSessions: 2}
	})
	refused := func(app, uid string) {
		t.Helper()
		_, answer := h.knock(hello(app, uid))
		require.Equal(t, wire.Refusal_UNAVAILABLE, answer.GetRefusal().GetReason(), uid)
		assert.Contains(t, answer.Refusal.Text, "try again later")
	}
	ada := h.loginTo(appA, "ada")
	h.loginTo(appA, "ben")
	refused(appA, "cy")
	h.loginTo(appB, "dan")
	refused(appB, "eve")

	ada = h.resume(ada) // who is in may come back
	ada.send(&wire.ClientFrame{Bye: &wire.Bye{}})
	assert.Eventually(t, func() bool {
		_, answer := h.knock(hello(appA, "cy"))
		return answer.Welcome != nil
	}, waitLimit, 10*time.Millisecond, "there is room again")
}
