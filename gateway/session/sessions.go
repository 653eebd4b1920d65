package session

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/event"
	"rtmwasm/gateway/history"
	"rtmwasm/gateway/media"
	"rtmwasm/gateway/presence"
	"rtmwasm/gateway/rate"
)

// Config is what New needs. What is not said to be optional must be set.
type Config struct {
	Engine     Engine
	Authorizer Authorizer
	Media      Media            // nil: there is no media
	Events     Events           // nil: nobody is told
	History    history.Recorder // nil: no messages are kept
	Meter      Meter
	Tracer     trace.Tracer // nil: nothing is recorded
	Logger     *slog.Logger // never gets a token or credential
	Times      Times

	Most    int // how many sessions live here at a time, those that wait for their client included
	MostApp int // how many of them may be of one app

	// Busy returns why newcomers are refused, nil if they are not.
	Busy func() error
}

// Media is what sessions need of the files.
type Media interface {
	// URL makes a URL of a file that needs no credential. It returns media.ErrNotFound or
	// media.ErrNoURLs where there is none.
	URL(ctx context.Context, app, key string, lifetime time.Duration, download string) (path string, err error)

	// SessionEnded removes the unfinished uploads of the sessions of a lineage.
	SessionEnded(lineage string)
}

var _ Media = (*media.Handler)(nil)

// Events is told what users do: the one place where that is told. Its method is called by many
// goroutines, for each session in order, and must not block.
type Events interface {
	Tell(event.Event)
}

// Meter counts what sessions do. Its methods are called by many goroutines, and must not block.
type Meter interface {
	// Sessions tells that a session began (1) or ended (-1).
	Sessions(change int)

	// Resumed tells that a client took its session up again, over a new socket.
	Resumed()

	// LoginRefused gets the name of a wire.Refusal_Reason.
	LoginRefused(reason string)

	// SocketClosed gets the code with which a client was sent away.
	SocketClosed(code int)

	FrameIn(bytes int)
	FrameOut(bytes int)

	// TooOften tells that a request was refused because of its rate.
	TooOften()
}

// CloseCodes are the codes that Meter.SocketClosed gets.
var CloseCodes = []int{
	wire.CloseRestart, wire.CloseSlow, wire.CloseSilent, wire.CloseReplaced, wire.CloseBye, wire.CloseRemoteLogin,
	wire.CloseBanned, wire.CloseProtocol, wire.CloseTooLarge, wire.CloseFlood, wire.CloseRefused,
}

// Sessions are those of one gateway. They are safe for concurrent use.
type Sessions struct {
	config   Config
	engine   Engine
	log      *slog.Logger
	refusals *rate.Log
	id       string // unique among the gateways of an engine

	channels *channel.Channels
	presence *presence.Subscriptions
	bans     bans

	ctx        context.Context // ends with Close
	cancel     context.CancelCauseFunc
	left       atomic.Int32    // what sessions here have left to others: see leaveUnseen
	newcomers  context.Context // ends when Close begins
	turnAway   context.CancelFunc
	stopEvict  func()
	background sync.WaitGroup
	conns      sync.WaitGroup

	mu        sync.Mutex // guards the rest
	sessions  map[string]*session
	byApp     map[string]int // how many of them
	closing   bool
	sendsAway bool // SendAway was called
}

var _ media.Authenticator = (*Sessions)(nil)

// New joins a gateway to an engine. Close ends that.
func New(config Config) (*Sessions, error) {
	config.Times = config.Times.WithDefaults()
	s := &Sessions{
		config:   config,
		engine:   config.Engine,
		log:      config.Logger,
		refusals: rate.NewLog(config.Logger),
		id:       randomText(),
		sessions: map[string]*session{},
		byApp:    map[string]int{},
	}
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
	s.newcomers, s.turnAway = context.WithCancel(s.ctx)
	if err := s.start(); err != nil {
		s.cancel(nil)
		return nil, err
	}
	return s, nil
}

func (s *Sessions) start() (err error) {
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
	return nil
}

func (s *Sessions) all() []*session {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*session, 0, len(s.sessions))
	for _, session := range s.sessions {
		all = append(all, session)
	}
	return all
}

// admit counts a connection that Close will wait for; false when it has begun.
func (s *Sessions) admit() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closing {
		s.conns.Add(1)
	}
	return !s.closing
}

// add makes a session known, or says why not.
func (s *Sessions) add(session *session) *wire.Refusal {
	busy := s.config.Busy()
	s.mu.Lock()
	defer s.mu.Unlock()
	app := session.user.App
	if refusal := s.bans.refuse(session.user); refusal != nil {
		return refusal
	}
	switch {
	case s.closing || s.sessions[session.id] != nil:
		return goingDown
	case len(s.sessions) >= s.config.Most, s.byApp[app] >= s.config.MostApp:
		return full
	case busy != nil:
		return newRefusal(wire.Refusal_UNAVAILABLE, busy.Error()+": try again later")
	}
	s.sessions[session.id] = session
	s.byApp[app]++
	s.config.Meter.Sessions(1)
	return nil
}

func (s *Sessions) find(id string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[id]
}

// remove forgets a session that has ended and removes its unfinished uploads, except those of a
// client that goes on elsewhere or was asked to.
func (s *Sessions) remove(session *session) {
	s.forget(session)
	code, _ := session.endReason()
	if s.config.Media != nil && code != wire.CloseRestart && !session.hasMoved() {
		s.background.Go(func() { s.config.Media.SessionEnded(session.lineage) })
	}
}

func (s *Sessions) forget(session *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, session.id)
	s.config.Meter.Sessions(-1)
	if s.byApp[session.user.App]--; s.byApp[session.user.App] == 0 {
		delete(s.byApp, session.user.App)
	}
}

// leastShed is what a session must hold to be worth ending.
const leastShed = 64 << 10

// Shed ends the sessions that hold the most, until that is excess bytes, and returns how
// many. why is what their clients are told; they may log in again when there is memory.
func (s *Sessions) Shed(excess int64, why string) (ended int) {
	type holder struct {
		*session
		bytes int64
	}
	var holders []holder
	for _, session := range s.all() {
		if n := session.holds(); n >= leastShed {
			holders = append(holders, holder{session, n})
		}
	}
	slices.SortFunc(holders, func(a, b holder) int { return cmp.Compare(b.bytes, a.bytes) })
	for _, h := range holders {
		if excess <= 0 {
			break
		}
		h.end(closeReason{wire.CloseSlow, why})
		excess -= h.bytes
		ended++
	}
	return ended
}

// holds is about how many bytes wait for the session's client.
func (s *session) holds() int64 {
	n := s.inbox.Held()
	s.mu.Lock()
	defer s.mu.Unlock()
	queued := 0
	if s.link != nil {
		queued = s.link.queued()
	}
	return int64(n + s.answers.bytes + max(s.out.bytes, queued)) // what is pushed is in both
}
