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
	front    *front
	http     *http.Server
	failed   chan error // of http
	server   *gateway.Server
	listener net.Listener
	tls      *tls.Config // nil: plain HTTP
	drain    drainOptions
	shared   bool         // there may be other gateways to go to
	broken   <-chan error // of the engine
	log      *slog.Logger
}

func (s site) url() string {
	scheme := "http"
	if s.tls != nil {
		scheme = "https"
	}
	return scheme + "://" + s.listener.Addr().String()
}

// listen begins to answer.
func (s site) listen() {
	s.http.TLSConfig = s.tls
	go func() {
		if s.tls != nil {
			s.failed <- s.http.ServeTLS(s.listener, "", "")
		} else {
			s.failed <- s.http.Serve(s.listener)
		}
	}()
	s.log.Info("starting: "+s.front.doing, "on", s.listener.Addr().String())
}

// stillStarting is the time between two lines that say what a start waits for.
const stillStarting = 10 * time.Second

// await waits for start, or until ctx ends: then the result is the zero value at once, and what
// start opens after all is closed behind it.
func (s site) await(ctx context.Context, start func() (running, error)) (running, error) {
	type result struct {
		running
		err error
	}
	started := make(chan result)
	go func() {
		r, err := start()
		select {
		case started <- result{r, err}:
		case <-ctx.Done():
			r.close()
		}
	}()
	every := time.NewTicker(stillStarting)
	defer every.Stop()
	for {
		select {
		case r := <-started:
			if r.err != nil && ctx.Err() != nil {
				return running{}, nil // it was told to end
			}
			return r.running, r.err
		case err := <-s.failed:
			return running{}, err
		case <-every.C:
			s.log.Info("still starting: " + s.front.state())
		case <-ctx.Done():
			s.log.Info("ended while starting: " + s.front.state())
			return running{}, nil
		}
	}
}

// serve returns after ctx has ended and the site is drained.
func (s site) serve(ctx context.Context) error {
	s.front.set(s.server)
	s.log.Info("listening", "url", s.url(), "version", versionText())
	var err error
	select {
	case err = <-s.failed:
	case err = <-s.broken:
	case <-ctx.Done():
	}
	s.end(s.http)
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
		s.log.Warn("some requests did not end in time and were interrupted", "error", err)
		_ = h.Close() // what is left after the time given
	}
	s.log.Info("ended", "took", time.Since(began).Round(time.Millisecond).String())
}
