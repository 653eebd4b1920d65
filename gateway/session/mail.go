package session

import "rtmwasm/gateway/mailbox"

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
	s.sessions.engine.Receipt(receipt, outcome)
}

// Deliver implements mailbox.Session.
func (s *session) Deliver(frame []byte, acked func(received bool)) bool {
	return s.push(outboxItem{body: frame, acked: acked})
}

// Over implements mailbox.Session.
func (s *session) Over() <-chan struct{} { return s.over }

// Go implements mailbox.Session.
func (s *session) Go(f func()) { s.sessions.background.Go(f) }

// MailFailed implements mailbox.Session.
func (s *session) MailFailed(err error) {
	s.sessions.log.Warn("cannot deliver or remove offline messages: some may come late or twice", "app", s.user.App, "uid", s.user.ID, "error", err)
}
