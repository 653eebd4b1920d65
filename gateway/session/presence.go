package session

import (
	"context"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/presence"
)

var _ presence.Session = (*session)(nil)

func (s *session) doPresence(id uint32, r *wire.PresenceRequest) {
	refusal, err := s.sessions.presence.Handle(s.context(id), s, id, r)
	switch {
	case refusal != nil:
		s.refuse(id, refusal)
	case err != nil:
		s.unavailable(id, err)
	}
}

// publishPresence tells the engine whether the client is silent. Requests of the session wait
// meanwhile, so that no presence is written after the session's release.
func (s *session) publishPresence() {
	err := s.activity.Publish(func(state presence.State) error {
		return s.sessions.engine.SetPresence(context.Background(), s.user, s.id, state)
	})
	if err != nil {
		s.sessions.log.Error("cannot publish a user's presence: trying again", "app", s.user.App, "uid", s.user.ID, "error", err)
	}
}

// presenceMissed is called when changes were missed and could not be looked up.
func (s *Sessions) presenceMissed(err error) {
	s.log.Warn("cannot read the changes that were missed: trying again", "of", "presence", "error", err)
}

// User implements presence.Session.
func (s *session) User() User { return s.user }
