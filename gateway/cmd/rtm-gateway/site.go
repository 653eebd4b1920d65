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

// site is the gateway's HTTP server with its listener.
type site struct {
	front    *front
	http     *http.Server
	failed   chan error // of http
	server   *gateway.Server
	listener net.Listener
	tls      *tls.Config // nil: plain HTTP
	drain    drainOptions
	shared   bool         // there may be other gateways that clients can go to
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

// listen starts the HTTP server.
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

// stillStarting is the time between two log lines that say what the start waits for.
const stillStarting = 10 * time.Second

// await waits until start returns or ctx ends. If ctx ends first, it returns the zero value at once,
// and closes later what start returns.
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
				return running{}, nil // start failed because ctx ended
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

// serve runs until ctx ends or something fails. It drains the site before it returns.
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

// end drains the site. It makes /readyz fail, sends clients to other gateways and waits for media
// requests. Shortly before the time is over, it interrupts the requests that still run.
func (s site) end(h *http.Server) {
	began := time.Now()
	s.log.Info("draining", "limit", s.drain.limit.String())
	s.server.Drain()
	ending, cancel := context.WithTimeout(context.Background(), s.drain.limit)
	defer cancel()
	time.Sleep(s.drain.lead)
	stopUploads := time.AfterFunc(s.drain.requestTimeout(), s.server.StopUploads)
	defer stopUploads.Stop()
	if s.shared {
		moving, cancel := context.WithTimeout(ending, s.drain.requestTimeout()/2)
		s.server.MoveClients(moving)
		cancel()
	}
	if err := s.server.Close(ending); err != nil {
		s.log.Warn("some clients did not answer in time", "error", err)
	}
	if err := h.Shutdown(ending); err != nil {
		s.log.Warn("some requests did not end in time and were interrupted", "error", err)
		_ = h.Close() // ends the other requests
	}
	s.log.Info("ended", "took", time.Since(began).Round(time.Millisecond).String())
}
