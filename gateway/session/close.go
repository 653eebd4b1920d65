package session

import (
	"context"
	"time"

	"rtmwasm/core/wire"
)

const goingDownText = "the gateway is shutting down: connect again"

// Reasons why sessions end when their gateway shuts down. A drained client may continue its session
// at another gateway.
var (
	closed = closeReason{wire.CloseRestart, goingDownText}
	toMove = closeReason{wire.CloseRestart, "the gateway is shutting down: connect to another one"}
)

// Close tells all clients to connect to another gateway, ends their sessions, and unregisters the
// gateway from the engine. The engine stays open. After MoveClients, other users do not notice clients
// that come back in time. When ctx ends first, Close returns its error.
func (s *Sessions) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closing = true
	reason := closed
	if s.movesClients {
		reason = toMove
	}
	s.mu.Unlock()
	s.stopLogins()
	s.endAll(reason)
	done := make(chan struct{})
	go func() {
		for _, session := range s.all() {
			<-session.gone
		}
		s.conns.Wait()
		s.stopEvict()
		s.unregister()
		s.background.Wait()
		s.channels.Close()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		s.unregister()
		return ctx.Err()
	}
}

// unregister tells the engine that this gateway has ended. If clients may still move to another gateway,
// this one counts as alive until its key expires, so that their sessions and members stay until
// then.
func (s *Sessions) unregister() {
	s.mu.Lock()
	leaving := s.movesClients && len(s.sessions) > 0 // Close's ctx ended before they are gone
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

// moveRate is how many clients per second are told to move, if time allows. Each one costs the
// gateway that it connects to a few writes.
const moveRate = 2000

// MoveClients tells all clients, a few at a time, to connect to another gateway. It waits until their
// sessions continue there. When ctx ends first, Close ends the remaining ones.
func (s *Sessions) MoveClients(ctx context.Context) {
	s.mu.Lock()
	s.closing, s.movesClients = true, true
	s.mu.Unlock()
	s.stopLogins()
	sessions := s.all()
	over := time.Duration(len(sessions)) * time.Second / moveRate
	if end, bounded := ctx.Deadline(); bounded {
		over = min(over, time.Until(end)/2)
	}
	began := time.Now()
	for i, session := range sessions {
		due := over * time.Duration(i) / time.Duration(len(sessions))
		if early := due - time.Since(began); early > moveStep && !wait(ctx, early) {
			return
		}
		session.askToMove()
	}
	for _, session := range sessions {
		if !session.waitUntilMoved(ctx) {
			return
		}
	}
}

// waitUntilMoved waits until a session has ended. If the session continues at another gateway, it also
// waits until that one has entered its channels, because the members of this gateway will be
// removed. It returns false if ctx ends first.
func (s *session) waitUntilMoved(ctx context.Context) bool {
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

// moveStep is how much too early a client may be told. A timer for each client would be too
// many.
const moveStep = 20 * time.Millisecond

// wait waits for d. It returns false if ctx ends first.
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

func (s *session) askToMove() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.link != nil {
		s.detachLocked(s.link, toMove.code, toMove.text)
	}
}
