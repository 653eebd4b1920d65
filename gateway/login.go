package gateway

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"time"

	"rtmwasm/core/wire"
)

// login answers Hello: it takes a session up or begins one and attaches the link to
// it, or says why not.
func (s *Server) login(ctx context.Context, h *wire.Hello, request uint32, l *link) (*session, *wire.Refusal) {
	if refusal := checkHello(h); refusal != nil {
		return nil, refusal
	}
	user := User{App: h.AppId, ID: h.Uid}
	expiry, refusal := s.config.Authorizer.Authorize(ctx, Login{User: user, Token: h.Token})
	if refusal != nil {
		return nil, refusal
	}
	session := s.resume(user, h.Resume, request, l)
	var early *landing
	if session == nil && h.Resume != nil {
		session, early = s.takeOver(ctx, user, h.Resume, request, l)
	}
	if session == nil {
		session, refusal = s.begin(ctx, user, h, request, l, early)
	}
	if session != nil {
		session.tokenTaken(expiry)
	}
	return session, refusal
}

// resume takes up a session that lives here; nil when there is none that the client
// has the credential of.
func (s *Server) resume(user User, r *wire.Resume, request uint32, l *link) *session {
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
	session.checkMailbox() // it may not have heard of what came meanwhile
	s.log.Info("session resumed", "app", user.App, "uid", user.ID, "session", session.short())
	return session
}

// begin makes a new session and displaces the user's former one. early is where frames for
// the user arrive already, nil if there is none.
func (s *Server) begin(ctx context.Context, user User, h *wire.Hello, request uint32, l *link, early *landing) (*session, *wire.Refusal) {
	c := credential{user: user, session: randomText(), secret: randomText()}
	session := newSession(s, user, c.session, c.secret)
	session.cameBack = h.Reconnect
	if refusal := s.add(session); refusal != nil { // known before others learn of it, so that it can be displaced
		if early != nil {
			early.stop()
		}
		return nil, refusal
	}
	err := s.claim(ctx, session, h)
	if err == nil {
		err = s.land(session, early)
	} else if early != nil {
		early.stop()
	}
	if err != nil {
		session.end(closeReason{wire.CloseRefused, "refused"})
	}
	go session.run()
	switch {
	case errors.Is(err, ErrTaken):
		return nil, newRefusal(wire.Refusal_DISPLACED, "the user logged in elsewhere")
	case err != nil:
		s.log.Error("cannot log a user in", "app", user.App, "uid", user.ID, "error", err)
		return nil, newRefusal(wire.Refusal_UNAVAILABLE, "the gateway can't log you in now: try again")
	}
	s.log.Info("session began", "app", user.App, "uid", user.ID, "session", session.short(), "sdk", clip(h.Sdk))
	if !session.attach(l, s.welcome(session, request, c.String(), false), 0) {
		l.close(session.endReason())
	}
	session.checkMailbox()
	return session, nil
}

// land has a session get what is sent to its user.
func (s *Server) land(session *session, early *landing) (err error) {
	if early == nil {
		if early, err = s.listen(session); err != nil {
			return err
		}
	} else {
		early.turnTo(session)
	}
	session.stopPeer = early.stop
	if session.line == session.id {
		return nil
	}
	return s.engine.Reask(session.user) // an heir gets what the gateway of the former had
}

const goingDownReason = "the gateway is going down: connect again"

var (
	goingDown = newRefusal(wire.Refusal_UNAVAILABLE, goingDownReason)
	full      = newRefusal(wire.Refusal_UNAVAILABLE, "the gateway has as many sessions as it may: try again later")
	short     = newRefusal(wire.Refusal_UNAVAILABLE, errShort.Error()+": try again later")
)

// claim makes the session the user's and has the former one ended. A client that
// comes back by itself displaces no session but its own.
func (s *Server) claim(ctx context.Context, session *session, h *wire.Hello) error {
	var record Record
	former, err := s.engine.Claim(ctx, session.user, func(former *Record) (r Record, err error) {
		record, err = follow(former, h, Record{Session: session.id, Gateway: s.id, Secret: session.secret})
		return record, err
	})
	session.line = record.Line
	if err != nil || former == nil {
		return err
	}
	kick := func() {
		if err := s.engine.Kick(context.WithoutCancel(ctx), former.Gateway, former.Session); err != nil {
			// Its gateway hangs. Its credential is void already.
			s.log.Warn("no answer from a displaced session's gateway", "app", session.user.App, "uid", session.user.ID, "error", err)
		}
	}
	if session.line == session.id {
		kick()
	} else { // its client is this one
		s.background.Go(kick)
	}
	return nil
}

// follow is what a new session's record becomes after a former one, nil if there is none:
// an heir, if the client comes back by itself, else the first of its line.
func follow(former *Record, h *wire.Hello, next Record) (Record, error) {
	next.Line = next.Session
	if !h.Reconnect {
		return next, nil
	}
	if h.Resume != nil {
		next.Heir = sha256.Sum256([]byte(h.Resume.Credential))
	}
	if former != nil {
		if !owns(h.Resume, *former) {
			return next, ErrTaken
		}
		next.Line = former.Line
	}
	return next, nil
}

// owns reports whether a client that comes back has the credential of the former
// session, or of the one that it was made in place of.
func owns(r *wire.Resume, former Record) bool {
	if r == nil {
		return false
	}
	c, ok := parseCredential(r.Credential)
	sum := sha256.Sum256([]byte(r.Credential))
	return ok && (c.opens(former.Session, former.Secret) || subtle.ConstantTimeCompare(sum[:], former.Heir[:]) == 1)
}

func (s *Server) welcome(session *session, request uint32, credential string, resumed bool) []byte {
	t := s.config.Times
	return marshal(&wire.ServerFrame{ReplyTo: request, Welcome: &wire.Welcome{
		SessionId:        session.id,
		Credential:       credential,
		Resumed:          resumed,
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
