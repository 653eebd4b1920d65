package main

import (
	"log/slog"
	"net/http"
	"time"

	"rtmwasm/gateway/metrics"
)

// state returns the functions that the metrics call for the gateway's current state.
func (o options) state(front *front, certificates *certificates) metrics.State {
	s := metrics.State{Ready: front.checks, SessionsLimit: o.bounds.sessions, MemoryLimit: int64(o.bounds.memory), Folders: map[string]string{}}
	if o.nats.servers == "" {
		s.Folders["data"] = o.data
	}
	if !o.media.inBucket() {
		s.Folders["media"] = o.mediaFolder()
	}
	if certificates != nil {
		s.CertificateExpiry = certificates.expiry
	}
	return s
}

// serveMetrics serves /metrics, /healthz and /readyz on the address of --metrics.
func serveMetrics(address string, m *metrics.Metrics, health http.Handler, log *slog.Logger) (stop func(), err error) {
	listener, err := listen("metrics", address)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m.Handler())
	for _, path := range []string{"/healthz", "/readyz"} {
		mux.Handle("GET "+path, health)
	}
	h := &http.Server{
		Handler: mux, ReadTimeout: 5 * time.Second, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 12 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = h.Serve(listener) // ends with stop
	}()
	log.Info("serving metrics", "address", listener.Addr().String())
	return func() {
		_ = h.Close()
		<-done
	}, nil
}
