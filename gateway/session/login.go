package session

import (
	"context"
	"errors"
	"strconv"
	"time"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway/event"
)

// Login is what a client says about itself. The form of the ids has been checked.
type Login struct {
	User
	Token string // "" if none
}

// Authorizer decides who may log in. It is called for each Hello, including resumes, and for each
// Renew.
type Authorizer interface {
	// Authorize returns when the token of an allowed login expires; the zero time means never. If
	// the login is not allowed, it returns the reason.
	Authorize(ctx context.Context, login Login) (expiry time.Time, refusal *wire.Refusal)
}

// login answers Hello. It resumes a session of this gateway or begins a new one, and attaches the
// link to it. If that is refused, it returns the reason.
func (s *Sessions) login(ctx context.Context, h *wire.Hello, request uint32, l *link) (*session, *wire.Refusal) {
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

// resume attaches the link to a session of this gateway. It returns nil if there is no session to
// which the client's credential belongs.
func (s *Sessions) resume(ctx context.Context, user User, r *wire.Resume, request uint32, l *link) *session {
	if r == nil {
		return nil
	}
	session := s.find(r.SessionId)
	c, ok := parseCredential(r.Credential)
	if session == nil || !ok || session.user != user || !c.opens(session.id, session.secret) {
		return nil
	}
	if !session.attach(l, s.welcome(session, request, r.Credential, true), r.LastSeq) {
		return nil
	}
	s.config.Meter.Resumed()
	session.inbox.Check() // a message may have come meanwhile
	s.log.InfoContext(ctx, "session resumed", "app", user.App, "uid", user.ID, "session", session.short())
	return session
}

// begin begins a new session, which replaces the user's former one. If the client came back on its
// own, the new session continues the former one and other users notice nothing.
func (s *Sessions) begin(ctx context.Context, user User, h *wire.Hello, request uint32, l *link) (*session, *wire.Refusal) {
	c := credential{user: user, session: randomText(), secret: randomText()}
	session := newSession(s, user, c.session, c.secret)
	session.cameBack = h.Reconnect
	if refusal := s.add(session); refusal != nil { // added before others know of it, so that it can be evicted
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
		session.tell(event.LoggedIn, "")
	}
	if !session.attach(l, s.welcome(session, request, c.String(), false), 0) {
		l.close(session.endReason())
	}
	session.inbox.Check()
	return session, nil
}

var (
	goingDown = newRefusal(wire.Refusal_UNAVAILABLE, goingDownText)
	full      = newRefusal(wire.Refusal_UNAVAILABLE, "the gateway has reached its limit of sessions: try again later")
)

func (s *Sessions) welcome(session *session, request uint32, credential string, resumed bool) []byte {
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

func checkHello(h *wire.Hello) *wire.Refusal {
	switch {
	case h.Version != protocolVersion:
		return newRefusal(wire.Refusal_VERSION, "this gateway speaks protocol version 1")
	case !core.ValidAppID(h.AppId):
		return newRefusal(wire.Refusal_UNKNOWN_APP, "an app id has 32 ASCII letters and digits")
	case !core.ValidID(h.Uid):
		return newRefusal(wire.Refusal_INVALID_ID, "uid: "+idRule)
	}
	return nil
}

// loginRefused counts and logs a refused login. from is the client's network.
func (s *Sessions) loginRefused(h *wire.Hello, from string, refusal *wire.Refusal) {
	s.config.Meter.LoginRefused(refusal.Reason.String())
	s.refusals.Warn("a login is refused", refusal.Reason.String()+strconv.Itoa(int(refusal.ServerCode)), from,
		"reason", refusal.Reason.String(), "text", refusal.Text, "address", from, "app", clip(h.AppId), "uid", clip(h.Uid))
}

// clip limits a client's text for the log.
func clip(text string) string {
	if len(text) > 64 {
		text = text[:64]
	}
	return text
}

// tokenWatch warns a session's client shortly before its token expires. The session continues after
// that; only the next Hello needs a valid token. (API 8.6)
type tokenWatch struct {
	expiry time.Time // zero: never
	timer  *time.Timer
}

// tokenTaken notes when the token of a Hello or Renew expires.
func (s *session) tokenTaken(expiry time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token.stop()
	s.token.expiry = expiry
	if expiry.IsZero() || s.ended {
		return
	}
	wait := time.Until(expiry) - s.sessions.config.Times.TokenWarning
	s.token.timer = time.AfterFunc(wait, func() { s.tokenExpiring(expiry) })
}

// tokenExpiring warns the client if it is connected. A client that is away sends a token when it
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

// doRenew checks the token that the client will use when it comes back.
func (s *session) doRenew(id uint32, token string) {
	expiry, refusal := s.sessions.config.Authorizer.Authorize(s.context(id), Login{User: s.user, Token: token})
	if refusal != nil {
		s.refuse(id, refusal)
		return
	}
	s.tokenTaken(expiry)
	s.Answer(id, &wire.ServerFrame{Done: &wire.Done{}})
}
