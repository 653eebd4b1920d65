package gateway

import (
	"context"
	"time"

	"rtmwasm/core/wire"
)

// Drain makes Ready fail, and changes nothing else: clients are still served until Close.
func (s *Server) Drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining = true
}

// LetGo ends uploads under way: what has arrived is stored, the client may go on elsewhere.
func (s *Server) LetGo() {
	if s.media != nil {
		s.media.LetGo()
	}
}

// sendAwayRate is how many clients are told to go in a second, where time allows: each means a few
// writes for the gateway that it comes to.
const sendAwayRate = 2000

// Why the sessions of a gateway that goes down end: those of clients that were sent away may go on at
// another gateway.
var (
	closed   = closeReason{wire.CloseRestart, goingDownText}
	sentAway = closeReason{wire.CloseRestart, "the gateway is going down: go on at another one"}
)

// SendAway tells all clients to come back elsewhere, a few at a time, and waits until their
// sessions go on at other gateways. What is left when ctx ends is for Close.
func (s *Server) SendAway(ctx context.Context) {
	s.mu.Lock()
	s.closing, s.sendsAway = true, true
	s.mu.Unlock()
	s.turnAway()
	sessions := s.all()
	over := time.Duration(len(sessions)) * time.Second / sendAwayRate
	if end, bounded := ctx.Deadline(); bounded {
		over = min(over, time.Until(end)/2)
	}
	began := time.Now()
	for i, session := range sessions {
		due := over * time.Duration(i) / time.Duration(len(sessions))
		if early := due - time.Since(began); early > sendAwayStep && !wait(ctx, early) {
			return
		}
		session.sendAway()
	}
	for _, session := range sessions {
		if !session.hasLeft(ctx) {
			return
		}
	}
}

// hasLeft waits until a session is gone and, of one that goes on at another gateway, until it has
// entered its channels there: the members of a gateway that ends are removed. It returns false
// when ctx ends first.
func (s *session) hasLeft(ctx context.Context) bool {
	select {
	case <-s.gone:
	case <-ctx.Done():
		return false
	}
	for _, superseded := range s.superseded {
		select {
		case <-superseded:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// sendAwayStep is how much too early a client may be told: a timer for each would be too many.
const sendAwayStep = 20 * time.Millisecond

// wait waits; false when ctx ends meanwhile.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (s *session) sendAway() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.link != nil {
		s.detachLocked(s.link, sentAway.code, sentAway.text)
	}
}
