package gateway

import (
	"context"
	"time"

	"rtmwasm/core/wire"
)

// tokenWatch tells a session's client shortly before its token ends. The session itself
// outlives the token: it is asked for at the next Hello only. (API 8.6)
type tokenWatch struct {
	expiry time.Time // zero: never
	timer  *time.Timer
}

// tokenTaken notes when the token ends that a Hello or Renew brought.
func (s *session) tokenTaken(expiry time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token.stop()
	s.token.expiry = expiry
	if expiry.IsZero() || s.ended {
		return
	}
	wait := time.Until(expiry) - s.server.config.Times.TokenWarning
	s.token.timer = time.AfterFunc(wait, func() { s.tokenExpiring(expiry) })
}

// tokenExpiring warns a client that is there; one that is away brings a token when it
// comes back.
func (s *session) tokenExpiring(expiry time.Time) {
	s.mu.Lock()
	current := s.link != nil && s.token.expiry.Equal(expiry)
	s.mu.Unlock()
	if current {
		s.push(outboxItem{body: expiringFrame})
	}
}

var expiringFrame = wire.Marshal(&wire.ServerFrame{TokenExpiring: &wire.TokenExpiring{}})

func (w *tokenWatch) stop() {
	if w.timer != nil {
		w.timer.Stop()
		w.timer = nil
	}
}

// doRenew checks the token that the client will come back with.
func (s *session) doRenew(id uint32, token string) {
	expiry, refusal := s.server.config.Authorizer.Authorize(s.traces.in(context.Background(), id), Login{User: s.user, Token: token})
	if refusal != nil {
		s.refuse(id, refusal)
		return
	}
	s.tokenTaken(expiry)
	s.answer(id, &wire.ServerFrame{Done: &wire.Done{}})
}
