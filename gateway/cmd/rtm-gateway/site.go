package main

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"time"

	"rtmwasm/gateway"
)

// site is the gateway on its address.
type site struct {
	server   *gateway.Server
	listener net.Listener
	tls      *tls.Config // nil: plain HTTP
	drain    drainOptions
	shared   bool         // there may be other gateways to go to
	broken   <-chan error // of the engine
	log      *slog.Logger
}

// serve returns after ctx has ended and the site is drained.
func (s site) serve(ctx context.Context) error {
	h := s.server.HTTPServer()
	h.TLSConfig = s.tls
	failed := make(chan error, 1)
	scheme := "http"
	if s.tls != nil {
		scheme = "https"
		go func() { failed <- h.ServeTLS(s.listener, "", "") }()
	} else {
		go func() { failed <- h.Serve(s.listener) }()
	}
	s.log.Info("listening", "url", scheme+"://"+s.listener.Addr().String(), "version", versionText())
	var err error
	select {
	case err = <-failed:
	case err = <-s.broken:
	case <-ctx.Done():
	}
	s.end(h)
	return err
}

// end drains the site: it fails the readiness check, then sends clients elsewhere, lets
// media requests come to their end, and cuts short what is left when time is running out.
func (s site) end(h *http.Server) {
	began := time.Now()
	s.log.Info("draining", "limit", s.drain.limit.String())
	s.server.Drain()
	ending, cancel := context.WithTimeout(context.Background(), s.drain.limit)
	defer cancel()
	time.Sleep(s.drain.lead)
	letGo := time.AfterFunc(s.drain.patience(), s.server.LetGo)
	defer letGo.Stop()
	if s.shared {
		moving, cancel := context.WithTimeout(ending, s.drain.patience()/2)
		s.server.SendAway(moving)
		cancel()
	}
	if err := s.server.Close(ending); err != nil {
		s.log.Warn("some clients did not answer in time", "error", err)
	}
	if err := h.Shutdown(ending); err != nil {
		s.log.Warn("some requests were cut off", "error", err)
		_ = h.Close() // what is left after the time given
	}
	s.log.Info("ended", "took", time.Since(began).Round(time.Millisecond).String())
}
