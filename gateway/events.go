package gateway

import (
	"time"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/media"
)

// EventKind is what a user did.
type EventKind int

// The kinds of events.
const (
	LoggedIn      EventKind = iota + 1 // and was not logged in before
	LoggedOut                          // by themselves, or because their client did not come back
	Joined                             // a channel
	Left                               // a channel
	SentToPeer                         // whether or not the peer is there
	SentToChannel                      //
	Uploaded                           // the last byte of a file
	Answered                           // a call invitation, and the caller's client has the answer
)

// SessionEvent is something that a user did. That a client goes on at another gateway is none,
// nor is a login that takes the place of another of the same user.
type SessionEvent struct {
	Kind    EventKind
	User    User
	Channel string // of Joined and Left
	At      time.Time

	// ID is the same for an event that is told again, as several gateways tell what a dead one's
	// users did; "" where Kind and what follows name the event, or it is told once.
	ID string

	Send   *wire.Send       // of SentToPeer and SentToChannel
	File   *media.Info      // of Uploaded
	Answer *wire.Invitation // of Answered: an ACCEPT or REFUSE
	Caller string           // of Answered
}

// Events is told what users do: the one place where that is told. Its method is called by many
// goroutines, for each session in order, and must not block.
type Events interface {
	Tell(SessionEvent)
}

// tell tells Config.Events what the session's user did.
func (s *session) tell(kind EventKind, channel string) {
	s.tellEvent(SessionEvent{Kind: kind, Channel: channel})
}

// tellEvent does the same with an event of any kind. Joins that were answered are told before it.
func (s *session) tellEvent(e SessionEvent) {
	if s.server.config.Events == nil {
		return
	}
	s.telling.Lock()
	defer s.telling.Unlock()
	s.tellJoins()
	s.tellNow(e)
}

// noteEntered notes that a join is about to be answered. It cannot be told there, where the channel's lock is
// held. What the client does next may be told before Entered is called.
func (s *session) noteEntered(channel string) {
	if s.server.config.Events == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entered = append(s.entered, channel)
}

// tellEntered tells the joins that were answered.
func (s *session) tellEntered() {
	s.telling.Lock()
	defer s.telling.Unlock()
	s.tellJoins()
}

// tellJoins does that with telling held.
func (s *session) tellJoins() {
	s.mu.Lock()
	entered := s.entered
	s.entered = nil
	s.mu.Unlock()
	for _, name := range entered {
		s.tellNow(SessionEvent{Kind: Joined, Channel: name})
	}
}

func (s *session) tellNow(e SessionEvent) {
	e.User, e.At = s.user, time.Now()
	s.server.config.Events.Tell(e)
}

// tellSend tells that the user sent a message.
func (s *session) tellSend(send *wire.Send) {
	kind := SentToPeer
	if send.Channel != "" {
		kind = SentToChannel
	}
	s.tellEvent(SessionEvent{Kind: kind, Send: send})
}

// tellAnswer tells that the user answered an invitation, if that is what a step of it does.
func (s *session) tellAnswer(caller string, i *wire.Invitation) {
	if i.Kind == wire.Invitation_ACCEPT || i.Kind == wire.Invitation_REFUSE {
		s.tellEvent(SessionEvent{Kind: Answered, Answer: i, Caller: caller})
	}
}

// tellEnd tells what the end of a session means, which has been released: no logout where its user
// logged in elsewhere.
func (s *session) tellEnd() {
	if s.server.config.Events == nil || !s.claimed() {
		return
	}
	for name := range s.joined {
		if s.membership(name) != nil {
			s.tell(Left, name)
		}
	}
	if !s.isReplaced() {
		s.tell(LoggedOut, "")
	}
}
