package gateway

import (
	"time"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/mailbox"
)

var _ mailbox.Session = (*session)(nil)

// receive takes a peer message for the session. Its receipt is given when the client
// acknowledges, or when the session ends.
func (s *session) receive(frame []byte, receipt string) {
	s.inbox.Receive(frame, func(received bool) { s.server.engine.Receipt(receipt, s.outcome(received)) })
}

// outcome is what becomes of a peer message that the client acknowledged, or did not before
// the session ended.
func (s *session) outcome(received bool) Outcome {
	switch {
	case received:
		return Received
	case s.hasMoved():
		return Moved
	}
	return NotReceived
}

// leaveMail puts a message that its receiver did not take into the receiver's mailbox. What
// refuses it may be true for every message, and is not logged every time.
func (s *session) leaveMail(id uint32, peer User, delivery *wire.Delivery, sent func(received bool)) {
	mailbox.Leave(s.server.engine, s.user.ID, peer, delivery, func(err error) {
		refusal := mailbox.Refusal(err)
		switch {
		case err == nil:
			sent(false)
			return
		case refusal == nil:
			s.unavailable(id, err)
			return
		}
		s.refuse(id, refusal)
		if refusal.Reason == wire.Refusal_LIMIT {
			s.server.refusals.note("an offline message is refused", refusalKey{err.Error(), s.user.App}, time.Now(), "reason", err.Error(), "app", s.user.App, "uid", s.user.ID)
		}
	})
}

// Deliver implements mailbox.Session.
func (s *session) Deliver(frame []byte, acked func(received bool)) bool {
	return s.push(outboxItem{body: frame, acked: acked})
}

// Over implements mailbox.Session.
func (s *session) Over() <-chan struct{} { return s.over }

// Go implements mailbox.Session.
func (s *session) Go(f func()) { s.server.background.Go(f) }

// MailFailed implements mailbox.Session.
func (s *session) MailFailed(err error) {
	s.server.log.Warn("cannot deliver or remove offline messages: some may come late or twice", "app", s.user.App, "uid", s.user.ID, "error", err)
}
