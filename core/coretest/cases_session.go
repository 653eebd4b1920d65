package coretest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
)

func loginStates(t *testing.T, w *world) {
	a := w.user("a")
	require.Equal(t, core.Disconnected, a.State())
	var again *core.Error
	require.Nil(t, wait(a, func(done func(*core.Error)) {
		a.Login(a.uid, "", done)
		a.Login(a.uid, "", func(err *core.Error) { again = err }) // certainly within the interval
	}))
	assert.Equal(t, []string{"CONNECTING LOGIN", "CONNECTED LOGIN_SUCCESS"}, a.states())
	require.NotNil(t, again)
	assert.Equal(t, core.InvokeTooOften, again.Class, "the interval is checked before the state")
	assert.Equal(t, core.LoginErrTooOften, again.Code)

	a.logout()
	assert.Equal(t, "DISCONNECTED LOGOUT", a.states()[2])

	bad := w.user("no/slash")
	err := bad.login()
	require.NotNil(t, err)
	assert.Equal(t, core.InvalidArgument, err.Class)
	assert.Equal(t, core.LoginErrInvalidArgument, err.Code)
}

func logoutAndBack(t *testing.T, w *world) {
	a, b := w.login(t, "a"), w.login(t, "b")
	ch := a.join(t, "room")
	a.logout()
	assert.Equal(t, core.Left, ch.State())
	received, err := b.sendPeer("a", text("gone?"))
	require.Nil(t, err)
	assert.False(t, received, "a logout that is done is known to the gateway")

	require.Nil(t, wait(a, func(done func(*core.Error)) { a.BeginLogin("a", "", done) }))
	received, err = b.sendPeer("a", text("back?"))
	require.Nil(t, err)
	assert.True(t, received)
	require.Nil(t, wait(a, ch.Join), "the object can be joined again")
}

func remoteLogin(t *testing.T, w *world) {
	old, b := w.login(t, "a"), w.login(t, "b")
	room := b.join(t, "room")
	oldRoom := old.join(t, "room")
	b.await(t, "a in the room", func(e event) bool { return e.Name == "joined" && e.Who == "a" })

	fresh := w.login(t, "a")
	old.await(t, "the abort", func(e event) bool { return e.Who == "ABORTED" && e.What == "REMOTE_LOGIN" })
	b.await(t, "a leaving the room", func(e event) bool { return e.Name == "left" && e.Who == "a" })
	assert.Equal(t, core.Connected, fresh.State())
	require.Nil(t, b.send(room, text("to whom?")))

	_, err := old.sendPeer("b", text("still here?"))
	require.NotNil(t, err)
	assert.Equal(t, core.InvalidStatus, err.Class)
	assert.Equal(t, core.PeerMessageErrUserNotLoggedIn, err.Code)
	assert.Nil(t, wait(old, oldRoom.Leave), "leave still resolves")
	old.logout()
	assert.Equal(t, "DISCONNECTED LOGOUT", old.states()[3])

	received, err := b.sendPeer("a", text("hello"))
	require.Nil(t, err)
	assert.True(t, received, "the newer session is untouched by the older's logout")
}
