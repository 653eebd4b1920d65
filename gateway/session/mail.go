package session

import "rtmwasm/gateway/mailbox"

var _ mailbox.Session = (*session)(nil)

// receive takes a peer message for the session. Its receipt is answered when the client
// acknowledges it or when the session ends.
func (s *session) receive(frame []byte, receipt string) {
	s.inbox.Receive(frame, func(received bool) { s.answerReceipt(receipt, received) })
}

// answerReceipt tells the sender the outcome of a peer message. While the session ends, it is not
// yet known whether another session continues it, which may have got the same message. Then
// wasReleased answers later.
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

// Done implements mailbox.Session.
func (s *session) Done() <-chan struct{} { return s.over }

// Go implements mailbox.Session.
func (s *session) Go(f func()) { s.sessions.background.Go(f) }

// MailFailed implements mailbox.Session.
func (s *session) MailFailed(err error) {
	s.sessions.log.Warn("cannot deliver or remove offline messages: some may come late or twice", "app", s.user.App, "uid", s.user.ID, "error", err)
}
