package session

import (
	"context"
	"time"

	"rtmwasm/core/wire"
)

const goingDownText = "the gateway is going down: connect again"

// Why the sessions of a gateway that goes down end: those of clients that were sent away may go on at
// another gateway.
var (
	closed   = closeReason{wire.CloseRestart, goingDownText}
	sentAway = closeReason{wire.CloseRestart, "the gateway is going down: go on at another one"}
)

// Close tells all clients to come back elsewhere, ends their sessions and leaves the
// engine, which stays open. After SendAway, other users do not notice who comes back in time. When ctx
// ends first, Close returns its error.
func (s *Sessions) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closing = true
	reason := closed
	if s.sendsAway {
		reason = sentAway
	}
	s.mu.Unlock()
	s.turnAway()
	s.endAll(reason)
	done := make(chan struct{})
	go func() {
		for _, session := range s.all() {
			<-session.gone
		}
		s.conns.Wait()
		s.stopEvict()
		s.leave()
		s.background.Wait()
		s.channels.Close()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		s.leave()
		return ctx.Err()
	}
}

// leave has the engine told that this gateway ends. Where clients may yet come to another gateway, it
// counts as alive until its key runs out: their sessions and members are there meanwhile.
func (s *Sessions) leave() {
	s.mu.Lock()
	leaving := s.sendsAway && len(s.sessions) > 0 // Close's time is over before they are gone
	s.mu.Unlock()
	if leaving || s.left.Load() > 0 {
		s.cancel(ErrSessionsLeft)
	} else {
		s.cancel(nil)
	}
}

func (s *Sessions) endAll(reason closeReason) {
	for _, session := range s.all() {
		session.end(reason)
	}
}

// sendAwayRate is how many clients are told to go in a second, where time allows: each means a few
// writes for the gateway that it comes to.
const sendAwayRate = 2000

// SendAway tells all clients to come back elsewhere, a few at a time, and waits until their
// sessions go on at other gateways. What is left when ctx ends is for Close.
func (s *Sessions) SendAway(ctx context.Context) {
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
