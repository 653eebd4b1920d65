package session

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway/history"
	"rtmwasm/gateway/mailbox"
	"rtmwasm/gateway/once"
)

func (s *session) doSend(id uint32, send *wire.Send) {
	if refusal := checkSend(send); refusal != nil {
		s.refuse(id, refusal)
		return
	}
	delivery := &wire.Delivery{
		From:             s.user.ID,
		Channel:          send.Channel,
		ServerReceivedMs: time.Now().UnixMilli(),
		Message:          send.Message,
		Origin:           send.Origin,
		Number:           send.Number,
	}
	if send.Channel != "" && s.membership(send.Channel) == nil {
		s.refuse(id, notJoined)
		return
	}
	sent, ok := s.sendOnce(id, send)
	if !ok {
		return
	}
	if refusal := s.storeInHistory(id, send, delivery); refusal != nil {
		s.refuse(id, refusal)
		return
	}
	s.tellSend(send)
	if send.Channel != "" {
		s.sendToChannel(id, delivery, sent)
		return
	}
	s.sendToPeer(id, send, delivery, sent)
}

func (s *session) sendToPeer(id uint32, send *wire.Send, delivery *wire.Delivery, sent func(received bool)) {
	body := wire.Marshal(&wire.ServerFrame{Delivery: delivery})
	s.askPeer(id, send.Peer, body, s.sessions.config.Times.PeerAck, func(received bool) {
		if !received && send.Offline && send.Peer != s.user.ID {
			s.appendMail(id, User{App: s.user.App, ID: send.Peer}, delivery, sent)
			return
		}
		sent(received)
	})
}

// askPeer does not wait for the peer's acknowledgement, so that messages follow each other in
// order. A message to oneself counts as not received: the client that would get it is the one that
// sent it.
func (s *session) askPeer(id uint32, peer string, body []byte, timeout time.Duration, done func(received bool)) {
	if peer == s.user.ID {
		done(false)
		return
	}
	done, span := waiting(s.traces, id, "nats ask_peer", done)
	if err := s.sessions.engine.SendToPeer(User{App: s.user.App, ID: peer}, body, timeout, done); err != nil {
		span.End(err)
		s.unavailable(id, err)
	}
}

func (s *session) sendToChannel(id uint32, delivery *wire.Delivery, sent func(received bool)) {
	m := s.membership(delivery.Channel)
	if m == nil {
		s.refuse(id, notJoined)
		return
	}
	done, _ := waiting(s.traces, id, "nats publish_channel", func(err error) {
		if err != nil {
			s.unavailable(id, err)
			return
		}
		sent(false)
	})
	if err := s.sessions.engine.PublishChannel(m.ID(), wire.Marshal(&wire.ServerFrame{Delivery: delivery}), done); err != nil {
		done(err)
	}
}

// appendMail stores a message in the mailbox of a receiver who did not get it. A cause such as a full
// mailbox refuses every further message, so refusals are logged at a limited rate.
func (s *session) appendMail(id uint32, peer User, delivery *wire.Delivery, sent func(received bool)) {
	done, _ := waiting(s.traces, id, "nats append_mail", func(err error) {
		refusal := mailbox.Refusal(err)
		switch {
		case err == nil:
			sent(false)
			return
		case refusal == nil:
			s.unavailable(id, err)
			return
		}
		if refusal.Reason == wire.Refusal_LIMIT {
			s.sessions.refusals.Warn("an offline message is refused", err.Error(), s.user.App, "reason", err.Error(), "app", s.user.App, "uid", s.user.ID)
		}
		s.refuse(id, refusal)
	})
	mailbox.Put(s.sessions.engine, s.user.ID, peer, delivery, done)
}

// sendOnce returns the function to call when a message was sent; it answers the client. For a
// message of an outbox, the function also stores that it was sent. ok is false if the message must
// not be sent: it was sent before, or the engine cannot tell now. Then sendOnce has answered the
// client.
func (s *session) sendOnce(id uint32, send *wire.Send) (sent func(received bool), ok bool) {
	if !send.Once || send.Number == 0 {
		return func(received bool) { s.sent(id, received) }, true
	}
	memory, err := s.loadSentOnce(id)
	if err != nil {
		s.unavailable(id, err)
		return nil, false
	}
	message := once.Message{Origin: send.Origin, To: send.Peer + "/" + send.Channel, Number: send.Number} // ids have no slash
	if received, before := memory.Find(message); before {
		s.sent(id, received)
		return nil, false
	}
	return func(received bool) {
		s.sessions.background.Go(func() {
			if err := memory.Remember(s.context(id), message, received); err != nil { // the engine limits the time
				s.sessions.log.Warn("cannot store the number of a message: if its sender repeats it, it may be sent twice", "app", s.user.App, "uid", s.user.ID, "error", err)
			}
			s.sent(id, received)
		})
	}, true
}

// loadSentOnce returns the messages of outboxes that the user has sent. It reads them from the
// engine at the session's first such message. The caller holds s.turn.
func (s *session) loadSentOnce(id uint32) (*once.Memory, error) {
	if s.sentOnce == nil {
		memory, err := once.Load(s.context(id), s.sessions.engine, s.user) // the engine limits the time
		if err != nil {
			return nil, err
		}
		s.sentOnce = memory
	}
	return s.sentOnce, nil
}

// storeInHistory stores a message in the history if its sender asks for it. This happens before the
// message is sent, so that each sent message is stored. If the message cannot be stored, it must not
// be sent; the refusal says why.
func (s *session) storeInHistory(id uint32, send *wire.Send, d *wire.Delivery) *wire.Refusal {
	recorder := s.sessions.config.History
	if !send.History || recorder == nil || !history.Stores(send.Message.Type) {
		return nil
	}
	content, err := send.Message.MarshalVT()
	if err == nil {
		err = recorder.Record(s.context(id), history.Message{ // the engine limits the time
			App: s.user.App, From: s.user.ID, To: send.Peer + send.Channel, ToChannel: send.Channel != "",
			Ms: d.ServerReceivedMs, Message: content, Name: fmt.Sprint(send.Origin, " ", send.Number),
		})
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, history.ErrQuota):
		s.sessions.refusals.Warn("a message for the history is refused", err.Error(), s.user.App, "reason", err.Error(), "app", s.user.App, "uid", s.user.ID)
		return newRefusal(wire.Refusal_LIMIT, "the message history of this app is full: send this message without enableHistoricalMessaging")
	}
	s.sessions.log.ErrorContext(s.context(id), "cannot store a message in the history", "app", s.user.App, "uid", s.user.ID, "session", s.short(), "error", err)
	return newRefusal(wire.Refusal_UNAVAILABLE, "the gateway can't store the message in the history now: try again")
}

func checkSend(send *wire.Send) *wire.Refusal {
	switch {
	case (send.Peer == "") == (send.Channel == ""):
		return newRefusal(wire.Refusal_BAD_REQUEST, "exactly one of peer and channel must be set")
	case !core.ValidID(send.Peer + send.Channel):
		return newRefusal(wire.Refusal_INVALID_ID, "peer or channel: "+idRule)
	case send.Message == nil:
		return newRefusal(wire.Refusal_BAD_REQUEST, "message is missing")
	}
	return checkMessage(send.Message)
}

// checkMessage checks all fields against the size limit, whichever ones the type uses.
func checkMessage(m *wire.Message) *wire.Refusal {
	if len(m.Text)+len(m.Raw)+len(m.Description)+len(m.FileName)+len(m.Thumbnail) > core.MaxMessageBytes {
		return newRefusal(wire.Refusal_TOO_LARGE, "a message may have at most 32768 bytes")
	}
	for _, text := range []string{m.Text, m.Description, m.FileName, m.MediaId} {
		if !utf8.ValidString(text) {
			return newRefusal(wire.Refusal_BAD_REQUEST, "message: text is not UTF-8")
		}
	}
	switch m.Type {
	case wire.Message_TEXT, wire.Message_RAW:
	case wire.Message_IMAGE, wire.Message_FILE:
		if m.MediaId == "" || len(m.MediaId) > core.MaxMediaIDBytes {
			return newRefusal(wire.Refusal_BAD_REQUEST, "message.media_id is missing or too long")
		}
	default:
		return newRefusal(wire.Refusal_BAD_REQUEST, "message.type must be TEXT, RAW, IMAGE or FILE")
	}
	return nil
}

// maxCallIDBytes limits the length of a call id, because clients store it for a while. The SDK's
// ids have 36 bytes.
const maxCallIDBytes = 64

// doInvitation relays a step of a call invitation. It counts as a message.
func (s *session) doInvitation(id uint32, i *wire.Invitation) {
	if refusal := checkInvitation(i); refusal != nil {
		s.refuse(id, refusal)
		return
	}
	peer := i.Peer
	i.Peer = s.user.ID
	// The client is told at once if the peer is not logged in. If the peer's client does not
	// acknowledge, there is no answer, and the calling client then has its own reason (API 5.1).
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
		return newRefusal(wire.Refusal_TOO_LARGE, "invitation.text may have at most 8192 bytes")
	case !utf8.ValidString(i.Text) || !utf8.ValidString(i.CallId):
		return newRefusal(wire.Refusal_BAD_REQUEST, "invitation: text is not UTF-8")
	}
	return nil
}
