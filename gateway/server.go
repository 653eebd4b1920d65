package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"

	"rtmwasm/gateway/media"
	"rtmwasm/gateway/rate"
	"rtmwasm/gateway/session"
)

// Server is one gateway. It is safe for concurrent use.
type Server struct {
	config Config
	log    *slog.Logger

	sessions  *session.Sessions
	admission *admission
	media     *media.Handler // nil if there is no media
	memory    *memory
	handler   http.Handler

	ctx        context.Context // ends with Close
	cancel     context.CancelFunc
	background sync.WaitGroup

	readiness   readiness
	draining    atomic.Bool // clients should use other gateways
	proxyWarned sync.Once
	refusals    *rate.Log
}

var _ media.Authenticator = (*Server)(nil)

// New returns a Server and registers it with its engine. Close ends it.
func New(config Config) (*Server, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{config: config, log: config.Logger, admission: newAdmission(config.Limits), refusals: rate.NewLog(config.Logger)}
	s.memory = &memory{limit: config.Limits.Memory, live: liveBytes, shed: s.shed, log: s.log}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	if err := s.start(); err != nil {
		s.cancel()
		return nil, fmt.Errorf("gateway: start: %w", err)
	}
	return s, nil
}

func (s *Server) start() (err error) {
	sessions := session.Config{
		Engine: instrumentedEngine{s.config.Engine, s.config.Meter}, Authorizer: s.config.Authorizer, Events: s.config.Events, History: s.config.History,
		Meter: s.config.Meter, Tracer: s.config.Tracer, Logger: s.log, Times: s.config.Times,
		MaxSessions: s.config.Limits.Sessions, MaxAppSessions: s.config.Limits.AppSessions, Busy: s.memory.refusal,
	}
	if s.config.MediaStore != nil {
		s.media, err = media.New(media.Config{
			Store: s.config.MediaStore, Gateways: s.config.MediaGateways, Auth: s, URLKeys: s.config.MediaURLKeys, Meter: s.config.Meter, Logger: s.log,
			UserBytes: s.config.Limits.UserBytes, AppBytes: s.config.Limits.AppBytes,
			Transfers: s.config.Limits.Transfers, AppTransfers: s.config.Limits.AppTransfers, Busy: s.memory.isShort,
		})
		if err != nil {
			return err
		}
		sessions.Media = s.media
	}
	s.handler = s.newHandler()
	if s.sessions, err = session.New(sessions); err != nil {
		return err
	}
	if s.media != nil {
		s.background.Go(func() { s.media.Run(s.ctx) })
	}
	if s.memory.limit > 0 {
		s.background.Go(func() { s.memory.watch(s.ctx) })
	}
	return nil
}

func (s *Server) shed(excess int64) (sessions int) {
	return s.sessions.Shed(excess, errShort.Error()+", and this session used the most")
}

// Handler serves everything: /rtm, /media/, /healthz, /readyz, /sdk/ and the demo. Serve it with
// HTTPServer, or with a server that has the same limits.
func (s *Server) Handler() http.Handler { return s.handler }

// Media serves /media/, and stores files for backends; nil if there is no media.
func (s *Server) Media() *media.Handler { return s.media }

// ServeConn serves one client until its socket is closed, as Handler serves clients of /rtm. The
// session goes on if the client may come back. When ctx ends, the socket is closed.
func (s *Server) ServeConn(ctx context.Context, conn session.Conn) { s.sessions.Serve(ctx, conn, "") }

// Authenticate implements media.Authenticator. A request with a valid credential no longer counts
// as one without a session.
func (s *Server) Authenticate(ctx context.Context, credential string) (media.Principal, error) {
	who, err := s.sessions.Authenticate(ctx, credential)
	if err == nil {
		leavePlace(ctx)
	}
	return who, err
}

// Drain makes Ready fail and changes nothing else: clients are still served until Close.
func (s *Server) Drain() { s.draining.Store(true) }

// StopUploads ends running uploads. What has arrived is stored, and the client may continue at another
// gateway.
func (s *Server) StopUploads() {
	if s.media != nil {
		s.media.StopUploads()
	}
}

// MoveClients tells all clients, a few at a time, to connect to another gateway. It waits until their
// sessions continue there. When ctx ends first, Close ends the remaining ones.
func (s *Server) MoveClients(ctx context.Context) {
	s.Drain()
	s.sessions.MoveClients(ctx)
}

// Close tells all clients to connect to another gateway, ends their sessions, and unregisters the
// gateway from the engine. The engine stays open. After MoveClients, other users do not notice clients
// that come back in time. When ctx ends first, Close returns its error. Running media requests go
// on. Unfinished uploads stay, and their clients continue them elsewhere.
func (s *Server) Close(ctx context.Context) error {
	s.Drain()
	err := s.sessions.Close(ctx)
	s.cancel()
	done := make(chan struct{})
	go func() {
		s.background.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("gateway: close: %w", err)
	}
	return nil
}
