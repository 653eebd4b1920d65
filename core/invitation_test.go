package core

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
)

func TestCallIsAccepted(t *testing.T) {
	inSession(t, func(w *world) {
		i := w.calling("c")
		assert.Equal(t, []string{"1 OFFER c to bob come"}, w.sentSteps())
		w.bobHas(true)
		w.alive(50 * time.Second)
		w.forget()
		w.peer(1, wire.Invitation_ACCEPT, "c", "yes")
		assert.Equal(t, []string{"2 CONFIRM c to bob"}, w.sentSteps())
		assert.Equal(t, []string{"c ACCEPTED_BY_REMOTE yes"}, w.taken())
		assert.Equal(t, "yes", i.Response)
		w.nothingLeft()

		w.peer(2, wire.Invitation_ACCEPT, "c", "yes")
		assert.Equal(t, []string{"3 CONFIRM c to bob"}, w.sentSteps(), "the first got lost")
		w.peer(3, wire.Invitation_REFUSE, "c", "no")
		w.alive(InvitationExpiry)
		assert.Empty(t, w.taken(), "too late")
	})
}

func TestCallIsRefused(t *testing.T) {
	inSession(t, func(w *world) {
		i := w.calling("c")
		w.bobHas(true)
		w.peer(1, wire.Invitation_REFUSE, "c", "no")
		w.peer(2, wire.Invitation_ACCEPT, "c", "yes")
		assert.Equal(t, []string{"c SENT_TO_REMOTE", "c RECEIVED_BY_REMOTE", "c REFUSED_BY_REMOTE no"}, w.taken())
		assert.Equal(t, "no", i.Response)
		assert.Equal(t, []string{"1 OFFER c to bob come"}, w.sentSteps(), "no CONFIRM")
		w.nothingLeft()
	})
}

func TestAnswerBeforeTheAcknowledgement(t *testing.T) {
	for kind, want := range map[wire.Invitation_Kind]string{
		wire.Invitation_ACCEPT: "c ACCEPTED_BY_REMOTE ok",
		wire.Invitation_REFUSE: "c REFUSED_BY_REMOTE ok",
	} {
		inSession(t, func(w *world) {
			w.calling("c")
			w.peer(1, kind, "c", "ok")
			w.bobHas(true)
			assert.Equal(t, []string{"c SENT_TO_REMOTE", "c RECEIVED_BY_REMOTE", want}, w.taken())
			w.nothingLeft()
		})
	}
	inSession(t, func(w *world) { // the application calls it off between the two
		i := w.calling("c")
		w.on["c RECEIVED_BY_REMOTE"] = func() { require.Nil(t, i.Cancel()) }
		w.peer(1, wire.Invitation_ACCEPT, "c", "ok")
		assert.Equal(t, []string{"c SENT_TO_REMOTE", "c RECEIVED_BY_REMOTE", "c CANCELED come"}, w.taken())
	})
}

func TestOnlyTheCalleeAnswers(t *testing.T) {
	inSession(t, func(w *world) {
		w.calling("c")
		for n, kind := range []wire.Invitation_Kind{wire.Invitation_ACCEPT, wire.Invitation_REFUSE} {
			w.push(uint64(n+1), &wire.ServerFrame{Invitation: &wire.Invitation{Kind: kind, Peer: "eve", CallId: "c"}})
		}
		w.peer(3, wire.Invitation_CANCEL, "c", "")
		w.peer(4, wire.Invitation_CONFIRM, "c", "")
		assert.Equal(t, []string{"c SENT_TO_REMOTE"}, w.taken())
	})
}

func TestCancel(t *testing.T) {
	inSession(t, func(w *world) {
		i := w.calling("c")
		w.bobHas(true)
		w.forget()
		i.Content = "never mind"
		require.Nil(t, i.Cancel())
		assert.Equal(t, []string{"c CANCELED never mind"}, w.taken(), "inside the call")
		assert.Equal(t, []string{"2 CANCEL c to bob never mind"}, w.sentSteps())
		w.nothingLeft()
		w.interrupt()
		w.redialled()
		s := w.resumed()
		assert.Contains(t, s.taken(), "2 CANCEL c to bob never mind", "until it is answered")
	})
}

// The order of checks of API 5.
func TestInvitationChecks(t *testing.T) {
	inSession(t, func(w *world) {
		fails := func(want int, err *Error) {
			t.Helper()
			require.NotNil(t, err)
			assert.Equal(t, want, err.Code)
			class := InvalidStatus
			if want == InvitationApiCallErrInvalidArgument {
				class = InvalidArgument
			}
			assert.Equal(t, class, err.Class)
		}
		i := w.Invitation("bob", "c")
		fails(InvitationApiCallErrNotStarted, i.Cancel())
		i.Content = of(MaxInvitationBytes + 1)
		fails(InvitationApiCallErrInvalidArgument, i.Send())
		i.Content, i.Channel = of(MaxInvitationBytes), "a/b"
		fails(InvitationApiCallErrInvalidArgument, i.Send())
		i.Channel = "room"
		require.Nil(t, i.Send())
		fails(InvitationApiCallErrAlreadySent, i.Send())
		w.bobHas(true)
		fails(InvitationApiCallErrAlreadySent, i.Send())
		i.Content += "x"
		fails(InvitationApiCallErrInvalidArgument, i.Cancel())
		w.peer(1, wire.Invitation_REFUSE, "c", "")
		fails(InvitationApiCallErrAlreadyEnd, i.Send())
		fails(InvitationApiCallErrAlreadyEnd, i.Cancel())

		r := w.rung(2, "d")
		r.Response = of(MaxInvitationBytes + 1)
		fails(InvitationApiCallErrInvalidArgument, r.Accept())
		fails(InvitationApiCallErrInvalidArgument, r.Refuse())
		r.Response = ""
		require.Nil(t, r.Accept())
		fails(InvitationApiCallErrAlreadyAccept, r.Accept())
		fails(InvitationApiCallErrAlreadyAccept, r.Refuse())
		w.peer(3, wire.Invitation_CANCEL, "d", "")
		fails(InvitationApiCallErrAlreadyEnd, r.Accept())
		fails(InvitationApiCallErrAlreadyEnd, r.Refuse())
	})
}

func TestCallerIsNotLoggedIn(t *testing.T) {
	inWorld(t, func(w *world) {
		w.calling("c")
		i := w.calling("d")
		require.Nil(t, i.Cancel())
		assert.Equal(t, []string{"c SENT_TO_REMOTE", "d SENT_TO_REMOTE", "d CANCELED come"}, w.taken(), "nothing else inside the call")
		w.host.settle()
		assert.Equal(t, []string{"c FAILURE NOT_LOGGEDIN"}, w.taken())
		w.nothingLeft()
		assert.Empty(t, w.pending)
	})
}

func TestCallsEndWithTheSession(t *testing.T) {
	for name, end := range map[string]func(w *world){
		"logout":       func(w *world) { w.Logout(func(*Error) {}) },
		"logout now":   func(w *world) { w.LogoutNow() },
		"remote login": func(w *world) { w.host.socket().lose(wire.CloseRemoteLogin) },
	} {
		t.Run(name, func(t *testing.T) {
			inSession(t, func(w *world) {
				w.calling("c")
				w.bobHas(true)
				require.Nil(t, w.rung(1, "d").Accept())
				w.calling("e")
				w.rung(2, "f")
				w.forget()
				end(w)
				require.GreaterOrEqual(t, len(w.log), 4)
				assert.ElementsMatch(t, []string{"c FAILURE NOT_LOGGEDIN", "d FAILURE UNKNOWN", "e FAILURE NOT_LOGGEDIN", "f FAILURE UNKNOWN"}, w.log[:4],
					"before the event of the state")
				w.nothingLeft()
				assert.Empty(t, w.sentSteps())
			})
		})
	}
}

func TestInvitationsCountAsMessages(t *testing.T) {
	inSession(t, func(w *world) {
		for n := range SendRate {
			w.say(strconv.Itoa(n))
		}
		w.forget()
		w.calling("c")
		assert.Empty(t, w.sentSteps(), "there is no place for it")
		w.alive(SendRateWindow + time.Second)
		assert.Equal(t, []string{"181 OFFER c to bob come"}, w.sentSteps(), "tried again")
		w.bobHas(true)
		assert.Equal(t, "c RECEIVED_BY_REMOTE", w.log[len(w.log)-1])
	})
}

func TestRefusedOffers(t *testing.T) {
	inSession(t, func(w *world) {
		for _, again := range []wire.Refusal_Reason{wire.Refusal_TOO_OFTEN, wire.Refusal_UNAVAILABLE} {
			i := w.calling("c")
			w.reply(&wire.ServerFrame{Refusal: &wire.Refusal{Reason: again}})
			w.forget()
			w.alive(InvitationRetry)
			assert.Len(t, w.sentSteps(), 1)
			require.Nil(t, i.Cancel())
		}
		w.forget()
		w.calling("c")
		w.reply(&wire.ServerFrame{Refusal: &wire.Refusal{Reason: wire.Refusal_BAD_REQUEST}})
		assert.Equal(t, []string{"c SENT_TO_REMOTE", "c FAILURE UNKNOWN"}, w.taken())
		w.nothingLeft()
	})
}
