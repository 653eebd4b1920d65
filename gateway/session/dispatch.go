package session

import (
	"time"

	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// submit passes a request to the session's goroutine. It waits while that goroutine has enough to
// do. A message is sent at once if no request is before it: sending does not block, and most
// requests are messages.
func (s *session) submit(f *wire.ClientFrame, l *link) {
	if f.Send != nil && s.waiting.Load() == 0 && s.turn.TryLock() {
		m := s.joined[f.Send.Channel]
		atOnce := m == nil || m.IsSettled() // otherwise the message waits for the join
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

// run does the session's requests one after another. When the session ends, it cleans up. The
// caller holds s.turn.
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
	if !isRead(f) && !s.isNewRequest(f.Id) { // a repeated read is done again
		return
	}
	s.traces.begin(f)
	defer s.traces.dispatched(f)
	if refusal := s.tooOften(f); refusal != nil {
		s.sessions.config.Meter.TooOften()
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

// isRead reports whether a request only reads. Its answer may be large, and a stored one would be
// out of date.
func isRead(f *wire.ClientFrame) bool {
	return f.Read != nil || f.MediaUrl != nil || f.Presence != nil && f.Presence.Mode == wire.PresenceRequest_QUERY
}

// tooOften counts a request, and returns a refusal if there are too many.
func (s *session) tooOften(f *wire.ClientFrame) *wire.Refusal {
	op, counts := opOf(f)
	if !counts {
		return nil
	}
	now := time.Now()
	s.mu.Lock()
	if s.cameBack {
		s.cameBack = false
		s.rates.Returned()
	}
	s.mu.Unlock()
	if !s.rates.Allow(op, "", now) {
		return newRefusal(wire.Refusal_TOO_OFTEN, "there were too many requests of this kind")
	}
	if op == core.OpJoin && core.ValidID(f.Join.Channel) && !s.rates.Allow(core.OpJoinSame, f.Join.Channel, now) {
		return newRefusal(wire.Refusal_SAME_CHANNEL_TOO_OFTEN, "this channel was joined too often")
	}
	return nil
}

// opOf returns the operation whose rate limits a request, if any.
func opOf(f *wire.ClientFrame) (op core.Op, counts bool) {
	switch {
	case f.Send != nil, f.Invitation != nil:
		return core.OpSend, true
	case f.Join != nil:
		return core.OpJoin, true
	case f.Members != nil:
		return core.OpMembers, true
	case f.Counts != nil:
		return core.OpCounts, true
	case f.Presence != nil:
		switch f.Presence.Mode {
		case wire.PresenceRequest_SUBSCRIBE:
			return core.OpSubscribe, true
		case wire.PresenceRequest_UNSUBSCRIBE:
			return core.OpUnsubscribe, true
		}
		return core.OpQuery, true
	case f.Write != nil && f.Write.Channel == "":
		return core.OpWriteUser, true
	case f.Write != nil:
		return core.OpWriteChannel, true
	case f.Read != nil && f.Read.Channel == "":
		return core.OpReadUser, true
	case f.Read != nil:
		return core.OpReadChannel, true
	case f.Renew != nil:
		return core.OpRenew, true
	case f.MediaUrl != nil:
		return core.OpMediaURL, true
	}
	return 0, false
}
