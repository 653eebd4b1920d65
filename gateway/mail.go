package gateway

import (
	"context"
	"time"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/mailbox"
)

var _ mailbox.Session = (*session)(nil)

// receive takes a peer message for the session. Its receipt is given when the client
// acknowledges, or when the session ends.
func (s *session) receive(frame []byte, receipt string) {
	s.inbox.Receive(frame, func(received bool) { s.answerReceipt(receipt, received) })
}

// answerReceipt tells what became of a peer message that the client acknowledged, or did not before
// the session ended. While the session ends, it is not known yet whether another one goes on in its
// place, which may have got the same message: then wasReleased answers.
func (s *session) answerReceipt(receipt string, received bool) {
	outcome := NotReceived
	s.mu.Lock()
	switch {
	case received:
		outcome = Received
	case s.hasMovedLocked():
		outcome = Moved
	case s.ended && !s.released:
		s.receipts = append(s.receipts, receipt)
		s.mu.Unlock()
		return
	}
	s.mu.Unlock()
	s.server.engine.Receipt(receipt, outcome)
}

// release gives up the user's place in the registry, unless the session has moved.
func (s *session) release() {
	if s.hasMoved() {
		return
	}
	s.server.retryInBackground("release a session", s.user, func() error {
		instead, err := s.server.engine.Release(context.Background(), s.user, s.record()) // the engine gives up by itself
		if err == nil {
			s.wasReleased(instead)
		}
		return err
	})
}

// wasReleased answers for the messages that came until the session had given up its place, now that it is
// known who has it instead. Where that never gets known, the time of their senders' gateways runs out.
func (s *session) wasReleased(instead *Record) {
	s.mu.Lock()
	s.released, s.instead = true, instead
	receipts := s.receipts
	s.receipts = nil
	s.mu.Unlock()
	for _, receipt := range receipts {
		s.answerReceipt(receipt, false)
	}
}

// isReplaced reports whether the user logged in elsewhere before the session had given up its place.
func (s *session) isReplaced() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.instead != nil
}

// leaveMail puts a message that its receiver did not take into the receiver's mailbox. What
// refuses it may be true for every message, and is not logged every time.
func (s *session) leaveMail(id uint32, peer User, delivery *wire.Delivery, sent func(received bool)) {
	mailbox.Leave(s.server.engine, s.user.ID, peer, delivery, waiting(s.traces, id, "nats append_mail", func(err error) {
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
			s.server.refusals.note("an offline message is refused", refusalKey{err.Error(), s.user.App}, time.Now(), "reason", err.Error(), "app", s.user.App, "uid", s.user.ID)
		}
		s.refuse(id, refusal)
	}))
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
