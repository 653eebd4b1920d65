package gateway

import (
	"context"
	"time"

	"rtmwasm/core/wire"
)

// submit hands a request over to the session's goroutine. It waits while that has
// enough to do. A message is sent at once if nothing is before it: that does not block, and
// messages are most of what clients ask for.
func (s *session) submit(f *wire.ClientFrame, l *link) {
	if f.Send != nil && s.waiting.Load() == 0 && s.turn.TryLock() {
		m := s.joined[f.Send.Channel]
		atOnce := m == nil || m.IsSettled() // else it waits for the join
		if atOnce && !s.isOver() {
			s.dispatch(f)
		}
		s.turn.Unlock()
		if atOnce {
			return
		}
	}
	s.waiting.Add(1)
	select {
	case s.tasks <- f:
		return
	case <-s.over:
	case <-l.closed:
	}
	s.waiting.Add(-1)
}

func (s *session) isOver() bool {
	select {
	case <-s.over:
		return true
	default:
		return false
	}
}

// run does the session's requests one after another, and cleans up when it ends. Its caller
// holds s.turn.
func (s *session) run() {
	defer s.turn.Unlock()
	for !s.isOver() {
		s.turn.Unlock()
		select {
		case f := <-s.tasks:
			s.turn.Lock()
			s.dispatch(f)
			s.waiting.Add(-1)
		case <-s.activity.Changed():
			s.turn.Lock()
			s.publishPresence()
		case <-s.over:
			s.turn.Lock()
		}
	}
	s.tearDown()
}

func (s *session) dispatch(f *wire.ClientFrame) {
	if !isRead(f) && !s.isNewRequest(f.Id) { // a read that is repeated is done again
		return
	}
	s.traces.begin(f)
	defer s.traces.dispatched(f)
	if refusal := s.tooOften(f); refusal != nil {
		s.server.config.Meter.TooOften()
		s.refuse(f.Id, refusal)
		return
	}
	switch {
	case f.Send != nil:
		s.doSend(f.Id, f.Send)
	case f.Join != nil:
		s.doJoin(f.Id, f.Join)
	case f.Leave != nil:
		s.doLeave(f.Leave.Channel)
	case f.Members != nil:
		s.doMembers(f.Id, f.Members.Channel)
	case f.Invitation != nil:
		s.doInvitation(f.Id, f.Invitation)
	case f.Write != nil:
		s.doWrite(f.Id, f.Write)
	case f.Read != nil:
		s.doRead(f.Id, f.Read)
	case f.Renew != nil:
		s.doRenew(f.Id, f.Renew.Token)
	case f.Presence != nil:
		s.doPresence(f.Id, f.Presence)
	case f.Counts != nil:
		s.doCounts(f.Id, f.Counts.Channel)
	case f.MediaUrl != nil:
		s.doMediaURL(f.Id, f.MediaUrl)
	case f.Bye != nil:
		s.end(closeReason{wire.CloseBye, "goodbye"})
	}
}

// isRead tells a request whose answer may be large, and is out of date when repeated.
func isRead(f *wire.ClientFrame) bool {
	return f.Read != nil || f.MediaUrl != nil || f.Presence != nil && f.Presence.Mode == wire.PresenceRequest_QUERY
}

// isNewRequest reports whether a request is new. One that is not is answered again.
func (s *session) isNewRequest(id uint32) bool {
	if id == 0 {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, answer := s.answers.lookup(id)
	if found == isForgotten {
		answer = wire.Marshal(&wire.ServerFrame{ReplyTo: id, Refusal: newRefusal(wire.Refusal_BAD_REQUEST, "request ids rise by one within a session")})
	}
	if answer != nil && s.link != nil {
		s.sendLocked(outFrame{body: answer})
	}
	return found == isNew
}

func (s *session) refuse(id uint32, refusal *wire.Refusal) {
	s.answer(id, &wire.ServerFrame{Refusal: refusal})
}

func (s *session) sent(id uint32, received bool) {
	s.answer(id, &wire.ServerFrame{Sent: &wire.Sent{Received: received}})
}

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
	s.askPeer(id, send.Peer, body, s.server.config.Times.PeerAck, func(received bool) {
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
	if err := s.server.engine.AskPeer(User{App: s.user.App, ID: peer}, body, timeout, waiting(s.traces, id, "nats ask_peer", done)); err != nil {
		s.unavailable(id, err)
	}
}

func (s *session) unavailable(id uint32, err error) {
	s.server.log.ErrorContext(s.traces.in(context.Background(), id), "a request of a client failed", "app", s.user.App, "uid", s.user.ID, "session", s.short(), "request", id, "error", err)
	s.refuse(id, newRefusal(wire.Refusal_UNAVAILABLE, "the gateway can't do it now: try again"))
}
