package gateway_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/session"
)

// A client comes back when its session is over, and loses the connection before it
// learns of the new one. It has only the old credential, and must not be taken for
// somebody else.
func TestComingBackWhereWelcomeWasLost(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, withTimes(session.Times{SessionTimeout: timeToReturn}))
	bob, ada := h.login("bob"), h.login("ada")
	bob.join("room")
	ada.join("room")
	require.True(t, bob.change().Joined)
	ada.cut()
	require.False(t, bob.change().Joined, "the session is over")

	lost := h.resume(ada)
	require.False(t, lost.welcome.Resumed)
	lost.cut()
	again := h.resume(ada)
	assert.False(t, again.welcome.Resumed)
	assert.NotEqual(t, lost.welcome.SessionId, again.welcome.SessionId)
	again.cut()
	back := h.resume(again)
	assert.True(t, back.welcome.Resumed, "with the credential that it learned of at last")

	h.login("ada") // elsewhere
	late := hello(appA, "ada")
	late.Reconnect = true
	late.Resume = &wire.Resume{SessionId: ada.welcome.SessionId, Credential: ada.welcome.Credential}
	_, f := h.knock(late)
	require.NotNil(t, f.Refusal)
	assert.Equal(t, wire.Refusal_DISPLACED, f.Refusal.Reason)
}
