package gateway

import (
	"unicode/utf8"

	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// maxCallIDBytes bounds the id of a call, which clients keep for a while. Those made
// here have 36.
const maxCallIDBytes = 64

// doInvitation relays a step of a call invitation. It counts as a message.
func (s *session) doInvitation(id uint32, i *wire.Invitation) {
	if refusal := checkInvitation(i); refusal != nil {
		s.refuse(id, refusal)
		return
	}
	peer := i.Peer
	i.Peer = s.user.ID
	// A peer who is not there is told at once. One whose client does not acknowledge is
	// told by silence, for which the client has a reason of its own (API 5.1).
	body := wire.Marshal(&wire.ServerFrame{Invitation: i})
	s.askPeer(id, peer, body, core.RequestTimeout, func(received bool) {
		if received {
			s.tellAnswer(peer, i)
		}
		s.sent(id, received)
	})
}

func checkInvitation(i *wire.Invitation) *wire.Refusal {
	switch {
	case i.Kind <= wire.Invitation_NONE || i.Kind > wire.Invitation_CONFIRM:
		return newRefusal(wire.Refusal_BAD_REQUEST, "invitation.kind must be one of OFFER, CANCEL, ACCEPT, REFUSE, CONFIRM")
	case !core.ValidID(i.Peer):
		return newRefusal(wire.Refusal_INVALID_ID, "invitation.peer: "+idRule)
	case i.Channel != "" && !core.ValidID(i.Channel):
		return newRefusal(wire.Refusal_INVALID_ID, "invitation.channel: "+idRule)
	case i.CallId == "" || len(i.CallId) > maxCallIDBytes:
		return newRefusal(wire.Refusal_BAD_REQUEST, "invitation.call_id must have 1 to 64 bytes")
	case len(i.Text) > core.MaxInvitationBytes:
		return newRefusal(wire.Refusal_TOO_LARGE, "invitation.text may have 8192 bytes")
	case !utf8.ValidString(i.Text) || !utf8.ValidString(i.CallId):
		return newRefusal(wire.Refusal_BAD_REQUEST, "invitation: text is not UTF-8")
	}
	return nil
}
