package core

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
)

func TestCallExpires(t *testing.T) {
	inSession(t, func(w *world) {
		w.calling("c")
		w.alive(9 * time.Second)
		w.bobHas(true)
		w.forget()
		w.alive(InvitationExpiry - time.Second)
		assert.Empty(t, w.taken())
		w.alive(time.Second)
		assert.Equal(t, []string{"c FAILURE INVITATION_EXPIRE"}, w.taken(), "60 s after the acknowledgement")
		assert.Empty(t, w.sentSteps())
		w.nothingLeft()
	})
}

func TestCalleeIsOffline(t *testing.T) {
	inSession(t, func(w *world) {
		w.calling("c")
		offers := w.awayFor(InvitationDelivery - time.Second)
		assert.InDelta(t, 15, offers, 1, "every 2 s")
		assert.Equal(t, []string{"c SENT_TO_REMOTE"}, w.taken())
		w.awayFor(time.Second)
		assert.Equal(t, []string{"c FAILURE PEER_OFFLINE"}, w.taken())
		assert.Zero(t, w.awayFor(10*time.Second))
		w.nothingLeft()
	})
	inSession(t, func(w *world) { // he comes
		w.calling("c")
		w.awayFor(20 * time.Second)
		w.alive(InvitationRetry)
		w.bobHas(true)
		assert.Equal(t, []string{"c SENT_TO_REMOTE", "c RECEIVED_BY_REMOTE"}, w.taken())
	})
}

func TestCalleeDoesNotAcknowledge(t *testing.T) {
	inSession(t, func(w *world) {
		w.calling("c")
		w.alive(RequestTimeout - time.Second)
		w.forget()
		w.alive(time.Second)
		assert.Equal(t, []string{"c FAILURE PEER_NO_RESPONSE"}, w.taken())
		assert.Equal(t, []string{"2 CANCEL c to bob come"}, w.sentSteps(), "he may get the OFFER yet")
		w.nothingLeft()
	})
}

func TestOfferOverInterruptions(t *testing.T) {
	inSession(t, func(w *world) {
		w.calling("c")
		w.interrupt()
		w.calling("d")
		w.host.pass(9 * time.Second)
		w.forget()
		s := w.resumed() // over the socket that was dialled meanwhile
		assert.Equal(t, []string{"hello alice", "1 OFFER c to bob come", "2 OFFER d to bob come"}, s.taken())
		w.host.pass(time.Second)
		assert.Equal(t, []string{"CONNECTED LOGIN_SUCCESS"}, w.taken(), "the 10 s were not the peer's")
		w.alive(InvitationRetry)
		w.bobHas(true)
		assert.Equal(t, "d RECEIVED_BY_REMOTE", w.log[len(w.log)-1])
	})
	inSession(t, func(w *world) {
		w.calling("c")
		w.interrupt()
		w.forget()
		w.host.pass(InvitationDelivery)
		assert.Equal(t, []string{"c FAILURE PEER_NO_RESPONSE"}, w.taken(), "not for ever")
		w.nothingLeft()
	})
}

func TestOfferBetweenConnections(t *testing.T) {
	inSession(t, func(w *world) {
		w.interrupt()
		w.calling("c") // no socket is open
		w.host.pass(RequestTimeout - time.Millisecond)
		w.host.socket().lose(1006)
		w.forget()
		w.host.pass(time.Millisecond) // nor is one now
		assert.Empty(t, w.taken(), "nobody was asked")
		w.Wake()
		w.resumed()
		w.alive(InvitationRetry)
		w.bobHas(true)
		assert.Equal(t, []string{"CONNECTED LOGIN_SUCCESS", "c RECEIVED_BY_REMOTE"}, w.taken())
	})
}

func TestCallsGoOnInANewSession(t *testing.T) {
	inSession(t, func(w *world) {
		w.calling("received")
		w.bobHas(true)
		w.calling("sent")
		i := w.rung(1, "rings")
		require.Nil(t, w.rung(2, "accepted").Accept())
		w.interrupt()
		w.forget()
		w.redialled()
		s := w.welcome("s2")
		assert.Equal(t, []string{"hello alice", "1 OFFER sent to bob come", "2 ACCEPT accepted to bob"}, s.taken())
		w.peer(1, wire.Invitation_CONFIRM, "accepted", "")
		w.peer(2, wire.Invitation_REFUSE, "received", "")
		w.peer(3, wire.Invitation_ACCEPT, "sent", "")
		require.Nil(t, i.Refuse())
		assert.Equal(t, []string{"CONNECTED LOGIN_SUCCESS", "accepted ACCEPTED", "received REFUSED_BY_REMOTE", "sent RECEIVED_BY_REMOTE", "sent ACCEPTED_BY_REMOTE", "rings REFUSED"}, w.taken())
		w.nothingLeft()
	})
}

func TestCalleeAccepts(t *testing.T) {
	inSession(t, func(w *world) {
		i := w.rung(1, "c")
		assert.Equal(t, "room", i.Channel)
		assert.Equal(t, "come", i.Content)
		w.peer(2, wire.Invitation_OFFER, "c", "come")
		assert.Equal(t, []string{"invited by bob: come"}, w.taken(), "once")
		w.forget()
		i.Response = "yes"
		require.Nil(t, i.Accept())
		assert.Equal(t, []string{"1 ACCEPT c to bob yes"}, w.sentSteps())
		w.bobHas(false)
		w.alive(InvitationRepeat)
		assert.Equal(t, []string{"2 ACCEPT c to bob yes"}, w.sentSteps())
		w.bobHas(true)
		w.alive(2 * time.Second)
		assert.Empty(t, w.sentSteps())
		w.peer(3, wire.Invitation_CONFIRM, "c", "")
		assert.Equal(t, []string{"c ACCEPT_SENT_TO_LOCAL yes", "c ACCEPTED yes"}, w.taken())
		w.nothingLeft()
		w.peer(4, wire.Invitation_OFFER, "c", "come")
		w.alive(InvitationExpiry)
		assert.Empty(t, w.taken(), "it was answered")
	})
}

func TestAcceptIsNotConfirmed(t *testing.T) {
	for name, it := range map[string]struct {
		there bool
		want  string
	}{"the caller has it": {true, "c FAILURE ACCEPT_FAILURE"}, "the caller is offline": {false, "c FAILURE PEER_OFFLINE"}} {
		t.Run(name, func(t *testing.T) {
			inSession(t, func(w *world) {
				require.Nil(t, w.rung(1, "c").Accept())
				w.bobHas(it.there)
				w.forget()
				w.alive(InvitationConfirm - time.Second)
				assert.Empty(t, w.taken())
				w.alive(time.Second)
				assert.Equal(t, []string{it.want}, w.taken())
				w.nothingLeft()
				w.peer(2, wire.Invitation_CONFIRM, "c", "")
				assert.Empty(t, w.taken(), "too late")
			})
		})
	}
}

func TestCalleeRefuses(t *testing.T) {
	inSession(t, func(w *world) {
		i := w.rung(1, "c")
		w.forget()
		i.Response = "no"
		require.Nil(t, i.Refuse())
		assert.Equal(t, []string{"c REFUSED no"}, w.taken(), "inside the call")
		assert.Equal(t, []string{"1 REFUSE c to bob no"}, w.sentSteps())
		w.nothingLeft()
		w.peer(2, wire.Invitation_OFFER, "c", "come")
		assert.Empty(t, w.taken(), "a late repetition")
	})
}

func TestCallerCancels(t *testing.T) {
	inSession(t, func(w *world) {
		i := w.rung(1, "c")
		w.peer(2, wire.Invitation_CANCEL, "c", "never mind")
		assert.Equal(t, "never mind", i.Content)
		accepted := w.rung(3, "d")
		require.Nil(t, accepted.Accept())
		w.peer(4, wire.Invitation_CANCEL, "d", "crossed")
		assert.Equal(t, []string{"invited by bob: come", "c CANCELED never mind", "invited by bob: come", "d ACCEPT_SENT_TO_LOCAL", "d CANCELED crossed"}, w.taken())
		w.nothingLeft()
	})
}

func TestRingingExpires(t *testing.T) {
	inSession(t, func(w *world) {
		w.rung(1, "c")
		w.alive(InvitationExpiry - 3*time.Second)
		i := w.rung(2, "d")
		w.forget()
		w.alive(2 * time.Second)
		assert.Empty(t, w.taken())
		w.alive(time.Second)
		assert.Equal(t, []string{"c FAILURE INVITATION_EXPIRE"}, w.taken())
		w.interrupt()
		w.forget()
		require.Nil(t, i.Refuse())
		w.redialled()
		assert.Contains(t, w.resumed().taken(), "1 REFUSE d to bob", "handed over when the connection is back")
		w.nothingLeft()
	})
}

// A call that just fits before the 60 s are over ends by them, not by the confirmation.
func TestAcceptedLate(t *testing.T) {
	inSession(t, func(w *world) {
		i := w.rung(1, "c")
		w.alive(InvitationExpiry - 2*time.Second)
		require.Nil(t, i.Accept())
		w.bobHas(true)
		w.forget()
		w.alive(2 * time.Second)
		assert.Equal(t, []string{"c FAILURE INVITATION_EXPIRE"}, w.taken())
	})
}
