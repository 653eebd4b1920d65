package session

import (
	"time"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/event"
)

// tell reports to Config.Events what the session's user did.
func (s *session) tell(kind event.Kind, channel string) {
	s.tellEvent(event.Event{Kind: kind, Channel: channel})
}

// tellEvent reports an event of any kind. It first reports joins that were answered.
func (s *session) tellEvent(e event.Event) {
	if s.sessions.config.Events == nil {
		return
	}
	s.telling.Lock()
	defer s.telling.Unlock()
	s.tellJoins()
	s.tellNow(e)
}

// noteEntered notes that a join is about to be answered. It cannot report the join, because the
// channel's lock is held. The client's next request may be done before Entered is called.
func (s *session) noteEntered(channel string) {
	if s.sessions.config.Events == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entered = append(s.entered, channel)
}

// tellEntered reports the joins that were answered.
func (s *session) tellEntered() {
	s.telling.Lock()
	defer s.telling.Unlock()
	s.tellJoins()
}

// tellJoins does the same with telling held.
func (s *session) tellJoins() {
	s.mu.Lock()
	entered := s.entered
	s.entered = nil
	s.mu.Unlock()
	for _, name := range entered {
		s.tellNow(event.Event{Kind: event.Joined, Channel: name})
	}
}

func (s *session) tellNow(e event.Event) {
	e.User, e.At = s.user, time.Now()
	s.sessions.config.Events.Report(e)
}

// tellSend reports that the user sent a message.
func (s *session) tellSend(send *wire.Send) {
	kind := event.SentToPeer
	if send.Channel != "" {
		kind = event.SentToChannel
	}
	s.tellEvent(event.Event{Kind: kind, Send: send})
}

// tellAnswer reports that the user answered an invitation, if i is an answer.
func (s *session) tellAnswer(caller string, i *wire.Invitation) {
	if i.Kind == wire.Invitation_ACCEPT || i.Kind == wire.Invitation_REFUSE {
		s.tellEvent(event.Event{Kind: event.Answered, Answer: i, Caller: caller})
	}
}

// tellEnd reports the end of a session that has been released. There is no logout event if the user
// has logged in elsewhere.
func (s *session) tellEnd() {
	if s.sessions.config.Events == nil || !s.claimed() {
		return
	}
	for name := range s.joined {
		if s.membership(name) != nil {
			s.tell(event.Left, name)
		}
	}
	if !s.isReplaced() {
		s.tell(event.LoggedOut, "")
	}
}
