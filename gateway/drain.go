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

// sentAwayLook is the time between two looks whether sessions are left.
const sentAwayLook = 20 * time.Millisecond

// SendAway tells all clients to come back elsewhere, and waits until other gateways have
// taken their sessions over: then nobody notices. What is left when ctx ends is for Close.
func (s *Server) SendAway(ctx context.Context) {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	s.turnAway()
	for _, session := range s.all() {
		session.sendAway()
	}
	look := time.NewTicker(sentAwayLook)
	defer look.Stop()
	for len(s.all()) > 0 {
		select {
		case <-look.C:
		case <-ctx.Done():
			return
		}
	}
}

func (s *session) sendAway() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.link != nil {
		s.detachLocked(s.link, wire.CloseRestart, goingDownReason)
	}
}
