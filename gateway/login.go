package gateway

import (
	"context"
	"errors"
	"time"

	"rtmwasm/core/wire"
)

// login answers Hello: it resumes a session that lives here or begins one, and attaches the
// link to it, or says why not.
func (s *Server) login(ctx context.Context, h *wire.Hello, request uint32, l *link) (*session, *wire.Refusal) {
	if refusal := checkHello(h); refusal != nil {
		return nil, refusal
	}
	user := User{App: h.AppId, ID: h.Uid}
	expiry, refusal := s.config.Authorizer.Authorize(ctx, Login{User: user, Token: h.Token})
	if refusal != nil {
		return nil, refusal
	}
	session := s.resume(ctx, user, h.Resume, request, l)
	if session == nil {
		session, refusal = s.begin(ctx, user, h, request, l)
	}
	if session != nil {
		session.tokenTaken(expiry)
	}
	return session, refusal
}

// resume attaches the link to a session that lives here; nil when there is none that the
// client has the credential of.
func (s *Server) resume(ctx context.Context, user User, r *wire.Resume, request uint32, l *link) *session {
	if r == nil {
		return nil
	}
	session := s.session(r.SessionId)
	c, ok := parseCredential(r.Credential)
	if session == nil || !ok || session.user != user || !c.opens(session.id, session.secret) {
		return nil
	}
	if !session.attach(l, s.welcome(session, request, r.Credential, true), r.LastSeq) {
		return nil
	}
	s.config.Meter.Resumed()
	session.inbox.Check() // it may not have heard of what came meanwhile
	s.log.InfoContext(ctx, "session resumed", "app", user.App, "uid", user.ID, "session", session.short())
	return session
}

// begin makes a new session. It takes the place of the user's former one, which other users
// notice unless the client comes back by itself: then the new session continues the former.
func (s *Server) begin(ctx context.Context, user User, h *wire.Hello, request uint32, l *link) (*session, *wire.Refusal) {
	c := credential{user: user, session: randomText(), secret: randomText()}
	session := newSession(s, user, c.session, c.secret)
	session.cameBack = h.Reconnect
	if refusal := s.add(session); refusal != nil { // known before others learn of it, so that it can be evicted
		return nil, refusal
	}
	err := s.claim(ctx, session, h)
	if err != nil {
		session.end(closeReason{wire.CloseRefused, "refused"})
	}
	go session.run()
	switch {
	case errors.Is(err, ErrTaken):
		return nil, newRefusal(wire.Refusal_DISPLACED, "the user logged in elsewhere")
	case err != nil:
		s.log.ErrorContext(ctx, "cannot log a user in", "app", user.App, "uid", user.ID, "error", err)
		return nil, newRefusal(wire.Refusal_UNAVAILABLE, "the gateway can't log you in now: try again")
	}
	s.log.InfoContext(ctx, "session began", "app", user.App, "uid", user.ID, "session", session.short(), "continues", session.lineage != session.id, "sdk", clip(h.Sdk))
	if session.cameOnline {
		session.tell(LoggedIn, "")
	}
	if !session.attach(l, s.welcome(session, request, c.String(), false), 0) {
		l.close(session.endReason())
	}
	session.inbox.Check()
	return session, nil
}

const goingDownText = "the gateway is going down: connect again"

var (
	goingDown = newRefusal(wire.Refusal_UNAVAILABLE, goingDownText)
	full      = newRefusal(wire.Refusal_UNAVAILABLE, "the gateway has as many sessions as it may: try again later")
	short     = newRefusal(wire.Refusal_UNAVAILABLE, errShort.Error()+": try again later")
)

func (s *Server) welcome(session *session, request uint32, credential string, resumed bool) []byte {
	t := s.config.Times
	return wire.Marshal(&wire.ServerFrame{ReplyTo: request, Welcome: &wire.Welcome{
		SessionId:        session.id,
		Credential:       credential,
		Resumed:          resumed,
		Continues:        !resumed && session.lineage != session.id,
		PingIntervalMs:   uint32(t.PingInterval.Milliseconds()),
		SessionTimeoutMs: uint32(t.SessionTimeout.Milliseconds()),
		ServerTimeMs:     time.Now().UnixMilli(),
	}})
}

// clip bounds text of a client's for the log.
func clip(text string) string {
	if len(text) > 64 {
		text = text[:64]
	}
	return text
}
