package core

import (
	"time"

	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
)

// calling is an invitation of bob that was sent.
func (w *world) calling(id string) *Invitation {
	w.t.Helper()
	i := w.Invitation("bob", id)
	i.Content = "come"
	require.Nil(w.t, i.Send())
	return i
}

// rung is an invitation from bob.
func (w *world) rung(seq uint64, id string) *Invitation {
	w.t.Helper()
	w.peer(seq, wire.Invitation_OFFER, id, "come")
	i := w.Call(callKey("bob", id, true))
	require.NotNil(w.t, i)
	return i
}

// peer has bob take a step.
func (w *world) peer(seq uint64, kind wire.Invitation_Kind, id, text string) {
	w.t.Helper()
	w.push(seq, &wire.ServerFrame{Invitation: &wire.Invitation{Kind: kind, Peer: "bob", CallId: id, Channel: "room", Text: text}})
}

// taken answers the last request: whether bob's client has it.
func (w *world) bobHas(it bool) {
	w.t.Helper()
	w.reply(&wire.ServerFrame{Sent: &wire.Sent{Received: it}})
}

// calls are the steps that were sent since forget, without pongs and acks.
func (w *world) sentSteps() (out []string) {
	for _, s := range w.host.sockets {
		for _, f := range s.frames {
			if f.Invitation != nil {
				out = append(out, describe(f))
			}
		}
		s.frames = nil
	}
	return out
}

// offline passes time in which the gateway says that bob is not there.
func (w *world) awayFor(d time.Duration) (offers int) {
	w.t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); w.alive(time.Second) {
		for range w.sentSteps() {
			offers++
			w.bobHas(false)
		}
	}
	return offers
}

// nothingLeft requires that finished calls are forgotten.
func (w *world) nothingLeft() {
	w.t.Helper()
	require.Empty(w.t, w.Client.calls)
	for _, r := range w.pending {
		require.NotEqual(w.t, wire.Invitation_OFFER, r.frame.Invitation.GetKind())
		require.NotEqual(w.t, wire.Invitation_ACCEPT, r.frame.Invitation.GetKind())
	}
}
