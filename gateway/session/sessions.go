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
	"rtmwasm/gateway/background"
	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/event"
	"rtmwasm/gateway/history"
	"rtmwasm/gateway/media"
	"rtmwasm/gateway/presence"
	"rtmwasm/gateway/rate"
)

// Config has the settings of New. Fields must be set unless they are optional.
type Config struct {
	Engine     Engine
	Authorizer Authorizer
	Media      Media            // nil: no media
	Events     Events           // nil: events are not reported
	History    history.Recorder // nil: messages are not stored
	Meter      Meter
	Tracer     trace.Tracer // nil: no spans are recorded
	Logger     *slog.Logger // never gets a token or credential
	Times      Times

	MaxSessions    int // the limit of sessions here, including those that wait for their client
	MaxAppSessions int // the limit of one app's sessions

	// Busy returns why new logins are refused, nil if they are not.
	Busy func() error
}

// Media is the part of package media that sessions use.
type Media interface {
	// URL returns a URL of a file that works without a credential. If there is none, it returns
	// media.ErrNotFound or media.ErrNoURLs.
	URL(ctx context.Context, app, key string, lifetime time.Duration, download string) (path string, err error)

	// SessionEnded removes the unfinished uploads of the sessions of a lineage.
	SessionEnded(lineage string)
}

var _ Media = (*media.Handler)(nil)

// Events is told what users do. Sessions report all events of users. Report is called by many
// goroutines, for each session in order, and must not block.
type Events interface {
	Report(event.Event)
}

// Meter counts what sessions do. Its methods are called by many goroutines and must not block.
type Meter interface {
	// Sessions is called when a session began (1) or ended (-1).
	Sessions(change int)

	// Resumed is called when a client resumed its session on a new socket.
	Resumed()

	// LoginRefused gets the name of a wire.Refusal_Reason.
	LoginRefused(reason string)

	// SocketClosed gets the code with which a socket was closed.
	SocketClosed(code int)

	FrameIn(bytes int)
	FrameOut(bytes int)

	// TooOften is called when a request was refused because of its rate.
	TooOften()
}

// CloseCodes are the codes that Meter.SocketClosed gets.
var CloseCodes = []int{
	wire.CloseRestart, wire.CloseSlow, wire.CloseSilent, wire.CloseReplaced, wire.CloseBye, wire.CloseRemoteLogin,
	wire.CloseBanned, wire.CloseProtocol, wire.CloseTooLarge, wire.CloseFlood, wire.CloseRefused,
}

// Sessions has the sessions of one gateway. It is safe for concurrent use.
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
	left       atomic.Int32    // how many sessions and members may continue elsewhere: see leaveUnseen
	logins     context.Context // ends when Close begins
	stopLogins context.CancelFunc
	stopEvict  func()
	background background.Group
	conns      sync.WaitGroup

	mu           sync.Mutex // guards the rest
	sessions     map[string]*session
	byApp        map[string]int // number of sessions of each app
	closing      bool
	movesClients bool // MoveClients was called
}

var _ media.Authenticator = (*Sessions)(nil)

// New registers a gateway with an engine. Close unregisters it.
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
	s.logins, s.stopLogins = context.WithCancel(s.ctx)
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

// admit counts a connection that Close will wait for. It returns false if Close has begun.
func (s *Sessions) admit() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closing {
		s.conns.Add(1)
	}
	return !s.closing
}

// add adds a session, or returns why it is refused.
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
	case len(s.sessions) >= s.config.MaxSessions, s.byApp[app] >= s.config.MaxAppSessions:
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

// remove removes a session that has ended. It also removes the session's unfinished uploads, unless
// the client continues elsewhere or was told to.
func (s *Sessions) remove(session *session) {
	code, _ := session.endReason()
	if s.config.Media != nil && code != wire.CloseRestart && !session.hasMoved() {
		s.background.Go(func() { s.config.Media.SessionEnded(session.lineage) }) // before Close no longer sees the session
	}
	s.forget(session)
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

// minShedBytes is how many bytes a session must hold for Shed to end it.
const minShedBytes = 64 << 10

// Shed ends the sessions that hold the most memory, until together they held excess bytes. It
// returns how many ended. why is what their clients are told. They may log in again when memory is
// free.
func (s *Sessions) Shed(excess int64, why string) (ended int) {
	type holder struct {
		*session
		bytes int64
	}
	var holders []holder
	for _, session := range s.all() {
		if n := session.heldBytes(); n >= minShedBytes {
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

// heldBytes returns about how many bytes wait for the session's client.
func (s *session) heldBytes() int64 {
	n := s.inbox.Held()
	s.mu.Lock()
	defer s.mu.Unlock()
	queued := 0
	if s.link != nil {
		queued = s.link.queued()
	}
	return int64(n + s.answers.bytes + max(s.out.bytes, queued)) // pushes are in both
}
