package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/media"
	"rtmwasm/gateway/presence"
	"rtmwasm/gateway/retry"
)

// Server is one gateway. It is safe for concurrent use.
type Server struct {
	config Config
	engine Engine
	log    *slog.Logger
	id     string // unique among the gateways of an engine

	channels  *channel.Channels
	presence  *presence.Subscriptions
	admission *admission
	bans      bans
	media     *media.Handler // nil: none
	handler   http.Handler

	ctx        context.Context // ends with Close
	cancel     context.CancelCauseFunc
	left       atomic.Int32    // what sessions here have left to others: see leaveUnseen
	newcomers  context.Context // ends when Close begins
	turnAway   context.CancelFunc
	stopEvict  func()
	background sync.WaitGroup
	conns      sync.WaitGroup

	readiness   readiness
	proxyWarned sync.Once
	refusals    refusals
	memory      memory

	mu        sync.Mutex // guards the rest
	sessions  map[string]*session
	byApp     map[string]int // how many of them
	draining  bool
	closing   bool
	sendsAway bool // SendAway was called
}

var _ media.Authenticator = (*Server)(nil)

// New makes a Server and joins it to its engine. Close ends it.
func New(config Config) (*Server, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{
		config:   config,
		engine:   instrumentedEngine{config.Engine, config.Meter},
		log:      config.Logger,
		id:       randomText(),
		sessions: map[string]*session{},
		byApp:    map[string]int{},
		memory:   memory{live: liveBytes},
	}
	s.refusals.log = s.log
	s.admission = newAdmission(config.Limits)
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
	s.newcomers, s.turnAway = context.WithCancel(s.ctx)
	if err := s.start(); err != nil {
		s.cancel(nil)
		return nil, fmt.Errorf("gateway: start: %w", err)
	}
	return s, nil
}

func (s *Server) start() (err error) {
	if s.config.MediaStore != nil {
		s.media, err = media.New(media.Config{
			Store: s.config.MediaStore, Gateways: s.config.MediaGateways, Auth: s, URLKeys: s.config.MediaURLKeys, Meter: s.config.Meter, Logger: s.log,
			UserBytes: s.config.Limits.UserBytes, AppBytes: s.config.Limits.AppBytes,
			Transfers: s.config.Limits.Transfers, AppTransfers: s.config.Limits.AppTransfers, Busy: s.memory.isShort,
		})
		if err != nil {
			return err
		}
	}
	s.handler = s.newHandler()
	if s.channels, err = channel.New(channel.Config{Gateway: s.id, Engine: s.engine, Logger: s.log, Retry: s.retryForMember}); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			s.channels.Close()
		}
	}()
	if s.presence, err = presence.New(s.engine); err != nil {
		return err
	}
	context.AfterFunc(s.ctx, s.presence.Close)
	s.background.Go(func() { s.presence.Run(s.ctx, s.presenceMissed) })
	if s.stopEvict, err = s.engine.ListenEvictions(s.id, s.evicted); err != nil {
		return err
	}
	stopBans, err := s.engine.FollowBans(s.ctx, s.banChanged)
	if err != nil {
		s.stopEvict()
		return err
	}
	context.AfterFunc(s.ctx, stopBans)
	if err := s.engine.RegisterGateway(s.ctx, s.id, s.lapsed, s.returned); err != nil {
		s.stopEvict()
		return err
	}
	if s.media != nil {
		s.background.Go(func() { s.media.Run(s.ctx) })
	}
	if s.config.Limits.Memory > 0 {
		s.background.Go(s.watchMemory)
	}
	return nil
}

// Handler serves everything: /rtm, /media/, /healthz, /readyz, /sdk/ and the demo. Serve it
// with HTTPServer, or with a server that has the limits of that one.
func (s *Server) Handler() http.Handler { return s.handler }

// Media serves /media/, and stores files for backends; nil where there is no media.
func (s *Server) Media() *media.Handler { return s.media }

// Close tells all clients to come back elsewhere, ends their sessions and leaves the
// engine, which stays open. After SendAway, other users do not notice who comes back in time. When ctx
// ends first, Close returns its error. Media requests
// under way go on, and unfinished uploads stay: their clients go on with them elsewhere.
func (s *Server) Close(ctx context.Context) error {
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
		s.waitForSessions()
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
		return fmt.Errorf("gateway: close: %w", ctx.Err())
	}
}

// leave has the engine told that this gateway ends. Where clients may yet come to another gateway, it
// counts as alive until its key runs out: their sessions and members are there meanwhile.
func (s *Server) leave() {
	s.mu.Lock()
	leaving := s.sendsAway && len(s.sessions) > 0 // Close's time is over before they are gone
	s.mu.Unlock()
	if leaving || s.left.Load() > 0 {
		s.cancel(ErrSessionsLeft)
	} else {
		s.cancel(nil)
	}
}

func (s *Server) endAll(reason closeReason) {
	for _, session := range s.all() {
		session.end(reason)
	}
}

func (s *Server) waitForSessions() {
	for _, session := range s.all() {
		<-session.gone
	}
}

func (s *Server) all() []*session {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*session, 0, len(s.sessions))
	for _, session := range s.sessions {
		all = append(all, session)
	}
	return all
}

// admit counts a connection that Close will wait for; false when it has begun.
func (s *Server) admit() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closing {
		s.conns.Add(1)
	}
	return !s.closing
}

// add makes a session known, or says why not.
func (s *Server) add(session *session) *wire.Refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	app := session.user.App
	if refusal := s.bans.refuse(session.user); refusal != nil {
		return refusal
	}
	switch {
	case s.closing || s.sessions[session.id] != nil:
		return goingDown
	case len(s.sessions) >= s.config.Limits.Sessions, s.byApp[app] >= s.config.Limits.AppSessions:
		return full
	case s.memory.isShort():
		return short
	}
	s.sessions[session.id] = session
	s.byApp[app]++
	s.config.Meter.Sessions(1)
	return nil
}

func (s *Server) session(id string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[id]
}

// remove forgets a session that has ended and removes its unfinished uploads, except those of a
// client that goes on elsewhere or was asked to.
func (s *Server) remove(session *session) {
	s.forget(session)
	code, _ := session.endReason()
	if s.media != nil && code != wire.CloseRestart && !session.hasMoved() {
		s.background.Go(func() { s.media.SessionEnded(session.lineage) })
	}
}

func (s *Server) forget(session *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, session.id)
	s.config.Meter.Sessions(-1)
	if s.byApp[session.user.App]--; s.byApp[session.user.App] == 0 {
		delete(s.byApp, session.user.App)
	}
}

// evicted ends a session, and returns when nothing of it is here any more.
func (s *Server) evicted(e Eviction) {
	session := s.session(e.Session)
	if session == nil {
		return
	}
	switch {
	case e.Moved:
		session.ack(e.LastSeq)
		session.end(moved)
	case e.Kicked:
		session.end(kicked)
	default:
		session.end(displaced)
	}
	<-session.gone
}

// lapsed is called when this gateway was taken for dead.
func (s *Server) lapsed() {
	s.log.Warn("this process was paused for too long: its sessions have ended")
	s.endAll(evicted)
}

// returned makes up for what this gateway may have missed while the engine could not be
// reached: the log of changes that it reads forgets after a minute who left. It returns
// when all is done, or when the server is closed.
func (s *Server) returned() {
	s.presence.Missed()
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{"sessions", s.checkSessions},
		{"members", func() error { return s.channels.Recover(s.ctx) }},
	} {
		wait := retry.ForEngine()
		for err := step.do(); err != nil; err = step.do() {
			s.log.Warn("cannot read the changes that were missed: trying again", "of", step.what, "error", err)
			if !wait.Wait(s.ctx.Done()) {
				return
			}
		}
	}
}

// checkSessions ends the sessions that another login displaced, and has the others look for what
// was kept for them.
func (s *Server) checkSessions() error {
	errs := make(chan error, 1) // one is enough
	retry.Each(s.all(), retry.Recoveries, func(session *session) {
		if err := s.checkSession(session); err != nil {
			select {
			case errs <- err:
			default:
			}
		}
	})
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

func (s *Server) checkSession(session *session) error {
	if !session.claimed() {
		return nil
	}
	record, err := s.engine.Lookup(s.ctx, session.user)
	switch {
	case err == nil && record.Session != session.id:
		s.evicted(Eviction{Session: session.id, Moved: record.LineageID == session.lineage})
		return nil
	case err != nil && !errors.Is(err, ErrNoSession): // with that one, the session is about to end
		return err
	}
	// Most mailboxes are empty. This look bounds how many are read at the same time.
	mail, err := s.engine.ReadMail(s.ctx, session.user, 0, 1)
	if len(mail) > 0 {
		session.inbox.Check()
	}
	return err
}
