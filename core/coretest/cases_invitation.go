package coretest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
)

// calls tests a call that is accepted, one that is refused and one that is canceled. The clients
// must keep none of them.
func calls(t *testing.T, w *world) {
	a, b := w.login(t, "a"), w.login(t, "b")
	for n, end := range []struct {
		do       func(caller, callee *core.Invitation) *core.Error
		local    core.InvitationState
		remote   core.InvitationState
		response string
	}{
		{func(_, callee *core.Invitation) *core.Error { return callee.Accept() }, core.InvitationAcceptedByRemote, core.InvitationAccepted, "grüß dich"},
		{func(_, callee *core.Invitation) *core.Error { return callee.Refuse() }, core.InvitationRefusedByRemote, core.InvitationRefused, "no"},
		{func(caller, _ *core.Invitation) *core.Error { return caller.Cancel() }, core.InvitationCanceled, core.InvitationCanceled, ""},
	} {
		id := string(rune('1' + n))
		caller := a.Invitation("b", id)
		caller.Channel, caller.Content = "room", "come "+id
		require.Nil(t, do(a, caller.Send))
		invited := b.await(t, "call "+id, func(e event) bool { return e.Name == "invited" && e.Call.CallID == id })
		assert.Equal(t, "a", invited.Who)
		assert.Equal(t, "room", invited.Channel)
		assert.Equal(t, "come "+id, invited.What)
		a.awaitCall(t, id, core.InvitationReceivedByRemote)
		callee := invited.Call
		require.Nil(t, do(b, func() *core.Error {
			callee.Response = end.response
			return nil
		}))
		require.Nil(t, do(a, func() *core.Error { return end.do(caller, callee) }))
		local, remote := a.awaitCall(t, id, end.local), b.awaitCall(t, id, end.remote)
		if end.local == core.InvitationCanceled {
			end.response = "come " + id
		}
		assert.Equal(t, end.response, local.What)
		assert.Equal(t, end.response, remote.What)
		for _, i := range []*core.Invitation{caller, callee} {
			for _, u := range []*user{a, b} {
				assert.Nil(t, wait(u, func(done func(*core.Invitation)) { done(u.Call(i.Key())) }), "it is forgotten")
			}
		}
	}
}

// do calls f inside Do, and returns its result.
func do(u *user, f func() *core.Error) *core.Error {
	return wait(u, func(done func(*core.Error)) { done(f()) })
}

func (u *user) awaitCall(t *testing.T, id string, s core.InvitationState) event {
	t.Helper()
	return u.await(t, "call "+id+" to be "+string(s), func(e event) bool {
		return e.Name == "invitation" && e.Call.CallID == id && e.Who == string(s)
	})
}
