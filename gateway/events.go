package gateway

import (
	"context"
	"time"
)

// EventKind is what a user did.
type EventKind int

// The kinds of events.
const (
	LoggedIn  EventKind = iota + 1 // and was not logged in before
	LoggedOut                      // by themselves, or because their client did not come back
	Joined                         // a channel
	Left                           // a channel
)

// SessionEvent is something that a user did. That a client goes on at another gateway is none,
// nor is a login that takes the place of another of the same user.
type SessionEvent struct {
	Kind    EventKind
	User    User
	Channel string // of Joined and Left
	At      time.Time
}

// Events is told what users do: the one place where that is told. Its method is called by many
// goroutines, for each session in order, and must not block.
type Events interface {
	Tell(SessionEvent)
}

// tell tells Config.Events what the session's user did.
func (s *session) tell(kind EventKind, channel string) {
	if events := s.server.config.Events; events != nil {
		events.Tell(SessionEvent{Kind: kind, User: s.user, Channel: channel, At: time.Now()})
	}
}

// tellEnd tells what the end of a session means, which has been released: nothing where another
// session goes on in its place, and no logout where its user logged in elsewhere.
func (s *session) tellEnd() {
	if s.server.config.Events == nil || !s.claimed() {
		return
	}
	next, err := s.server.engine.Lookup(context.Background(), s.user) // the engine gives up by itself
	goesOn := err == nil && next.Session != s.id
	if goesOn && next.LineageID == s.lineage {
		return
	}
	for name := range s.joined {
		if s.membership(name) != nil {
			s.tell(Left, name)
		}
	}
	if !goesOn {
		s.tell(LoggedOut, "")
	}
}
