package session

import (
	"context"
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
	if refusal := s.intoHistory(id, send, delivery); refusal != nil {
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
			s.leaveMail(id, User{App: s.user.App, ID: send.Peer}, delivery, sent)
			return
		}
		sent(received)
	})
}

// askPeer does not wait for the peer's acknowledgement, so that messages follow each
// other in order. What is sent to oneself is received by nobody: the client that would
// get it is the one that sent it.
func (s *session) askPeer(id uint32, peer string, body []byte, timeout time.Duration, done func(received bool)) {
	if peer == s.user.ID {
		done(false)
		return
	}
	done, span := waiting(s.traces, id, "nats ask_peer", done)
	if err := s.sessions.engine.AskPeer(User{App: s.user.App, ID: peer}, body, timeout, done); err != nil {
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

// leaveMail puts a message that its receiver did not take into the receiver's mailbox. What
// refuses it may be true for every message, and is not logged every time.
func (s *session) leaveMail(id uint32, peer User, delivery *wire.Delivery, sent func(received bool)) {
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
	mailbox.Leave(s.sessions.engine, s.user.ID, peer, delivery, done)
}

// sendOnce returns what answers a Send when it is done: that also remembers a message of an
// outbox. ok is false if nothing is to be sent: the message was sent before, or nobody can tell
// now, and the client is answered.
func (s *session) sendOnce(id uint32, send *wire.Send) (sent func(received bool), ok bool) {
	if !send.Once || send.Number == 0 {
		return func(received bool) { s.sent(id, received) }, true
	}
	memory, err := s.loadSentOnce(id)
	if err != nil {
		s.unavailable(id, err)
		return nil, false
	}
	message := once.Message{Origin: send.Origin, To: send.Peer + "/" + send.Channel, Number: send.Number} // no id has a slash
	if received, before := memory.Find(message); before {
		s.sent(id, received)
		return nil, false
	}
	return func(received bool) {
		s.sessions.background.Go(func() {
			if err := memory.Remember(s.traces.withSpan(context.Background(), id), message, received); err != nil { // it gives up by itself
				s.sessions.log.Warn("cannot store the number of a message: if its sender repeats it, it may be sent twice", "app", s.user.App, "uid", s.user.ID, "error", err)
			}
			s.sent(id, received)
		})
	}, true
}

// loadSentOnce reads what the user has sent, before the session's first message that is sent
// once. It is called with s.turn held.
func (s *session) loadSentOnce(id uint32) (*once.Memory, error) {
	if s.sentOnce == nil {
		memory, err := once.Load(s.traces.withSpan(context.Background(), id), s.sessions.engine, s.user) // it gives up by itself
		if err != nil {
			return nil, err
		}
		s.sentOnce = memory
	}
	return s.sentOnce, nil
}

// intoHistory keeps a message where its sender wants that, before anybody gets it: who is
// told that it was sent can rely on it. It says why a message cannot be kept, which then is not sent.
func (s *session) intoHistory(id uint32, send *wire.Send, d *wire.Delivery) *wire.Refusal {
	recorder := s.sessions.config.History
	if !send.History || recorder == nil || !history.Keeps(send.Message.Type) {
		return nil
	}
	content, err := send.Message.MarshalVT()
	if err == nil {
		err = recorder.Record(s.traces.withSpan(context.Background(), id), history.Message{ // it gives up by itself
			App: s.user.App, From: s.user.ID, To: send.Peer + send.Channel, ToChannel: send.Channel != "",
			Ms: d.ServerReceivedMs, Message: content, Name: fmt.Sprint(send.Origin, " ", send.Number),
		})
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, history.ErrQuota):
		s.sessions.refusals.Warn("a message for the history is refused", err.Error(), s.user.App, "reason", err.Error(), "app", s.user.App, "uid", s.user.ID)
		return newRefusal(wire.Refusal_LIMIT, "the history of this app has as many messages as it may: send this one without enableHistoricalMessaging")
	}
	s.sessions.log.ErrorContext(s.traces.withSpan(context.Background(), id), "cannot keep a message in the history", "app", s.user.App, "uid", s.user.ID, "session", s.short(), "error", err)
	return newRefusal(wire.Refusal_UNAVAILABLE, "the gateway can't keep the message in the history now: try again")
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

// checkMessage holds all content against the budget, whichever fields the type uses.
func checkMessage(m *wire.Message) *wire.Refusal {
	if len(m.Text)+len(m.Raw)+len(m.Description)+len(m.FileName)+len(m.Thumbnail) > core.MaxMessageBytes {
		return newRefusal(wire.Refusal_TOO_LARGE, "a message may have 32768 bytes")
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
			return newRefusal(wire.Refusal_BAD_REQUEST, "message.media_id is missing or not one")
		}
	default:
		return newRefusal(wire.Refusal_BAD_REQUEST, "message.type must be TEXT, RAW, IMAGE or FILE")
	}
	return nil
}

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
