package gateway_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway/session"
)

func offer(peer string) *wire.Invitation {
	return &wire.Invitation{Kind: wire.Invitation_OFFER, Peer: peer, CallId: "c", Channel: "room", Text: "come"}
}

func TestInvitationIsRelayed(t *testing.T) {
	engine := newEngine(t)
	ada, bob := newHouse(t, engine).login("ada"), newHouse(t, engine).login("bob")
	bob.noAck = true
	for id, kind := range []wire.Invitation_Kind{wire.Invitation_OFFER, wire.Invitation_CANCEL, wire.Invitation_ACCEPT, wire.Invitation_REFUSE, wire.Invitation_CONFIRM} {
		i := offer("bob")
		i.Kind = kind
		i.Text = strings.Repeat("é", core.MaxInvitationBytes/2)
		ada.lastID = uint32(id + 1)
		ada.send(&wire.ClientFrame{Id: ada.lastID, Invitation: i})
		f := bob.next()
		require.NotNil(t, f.Invitation)
		assert.NotZero(t, f.Seq, "it must not be lost")
		i.Peer = "ada"
		assert.Equal(t, i, f.Invitation)
	}
	bob.ack()
	for id := range uint32(5) {
		assert.True(t, ada.answer(id+1).Sent.Received)
	}
}

func TestInvitedPeerIsNotThere(t *testing.T) {
	h := newHouse(t, nil, withTimes(session.Times{PeerAck: time.Hour})) // not waited for
	ada := h.login("ada")
	assert.False(t, ada.ask(&wire.ClientFrame{Invitation: offer("bob")}).Sent.Received)
	assert.False(t, ada.ask(&wire.ClientFrame{Invitation: offer("ada")}).Sent.Received, "oneself")
	assert.Empty(t, ada.stash)
}

// A client that is there but does not acknowledge must not look like one that is not: the
// caller's own limit, which is no longer than the gateway's, tells them apart.
func TestInvitedPeerDoesNotAcknowledge(t *testing.T) {
	h := newHouse(t, nil, withTimes(session.Times{PeerAck: 50 * time.Millisecond}))
	ada, bob := h.login("ada"), h.login("bob")
	bob.noAck = true
	ada.send(&wire.ClientFrame{Id: 1, Invitation: offer("bob")})
	bob.next()
	ada.lastID = 1
	assert.False(t, ada.ask(toPeer("bob", "hi")).Sent.Received, "after PeerAck")
	assert.Empty(t, ada.stash, "the invitation is not answered yet")
	bob.lastSeq = 0
	back := h.resume(bob)
	assert.Equal(t, wire.Invitation_OFFER, back.next().Invitation.GetKind(), "it comes again")
	assert.True(t, ada.answer(1).Sent.Received)
}

func TestInvitationsRefused(t *testing.T) {
	h := newHouse(t, nil)
	ada, bob := h.login("ada"), h.login("bob")
	for _, test := range []struct {
		name   string
		spoil  func(i *wire.Invitation)
		reason wire.Refusal_Reason
	}{
		{"no kind", func(i *wire.Invitation) { i.Kind = 0 }, wire.Refusal_BAD_REQUEST},
		{"unknown kind", func(i *wire.Invitation) { i.Kind = 6 }, wire.Refusal_BAD_REQUEST},
		{"negative kind", func(i *wire.Invitation) { i.Kind = -1 }, wire.Refusal_BAD_REQUEST},
		{"no peer", func(i *wire.Invitation) { i.Peer = "" }, wire.Refusal_INVALID_ID},
		{"bad peer", func(i *wire.Invitation) { i.Peer = "b*b" }, wire.Refusal_INVALID_ID},
		{"bad channel", func(i *wire.Invitation) { i.Channel = "a/b" }, wire.Refusal_INVALID_ID},
		{"no call id", func(i *wire.Invitation) { i.CallId = "" }, wire.Refusal_BAD_REQUEST},
		{"long call id", func(i *wire.Invitation) { i.CallId = strings.Repeat("x", 65) }, wire.Refusal_BAD_REQUEST},
		{"text over", func(i *wire.Invitation) { i.Text = strings.Repeat("x", core.MaxInvitationBytes+1) }, wire.Refusal_TOO_LARGE},
		{"not UTF-8", func(i *wire.Invitation) { i.Text = "\xff" }, wire.Refusal_BAD_REQUEST},
		{"call id not UTF-8", func(i *wire.Invitation) { i.CallId = "\xff" }, wire.Refusal_BAD_REQUEST},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := offer("bob")
			test.spoil(i)
			f := ada.ask(&wire.ClientFrame{Invitation: i})
			require.NotNil(t, f.Refusal)
			assert.Equal(t, test.reason, f.Refusal.Reason)
		})
	}
	bob.nothingPushed()
}

func TestInvitationsCountAsMessages(t *testing.T) {
	newHouse(t, nil).requireSendRate(func(i int) *wire.ClientFrame {
		if i%2 == 0 {
			return &wire.ClientFrame{Invitation: offer("nobody")}
		}
		return toPeer("nobody", "x")
	})
}
