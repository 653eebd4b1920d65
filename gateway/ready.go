package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"
)

// Prober is an optional interface of an Engine: whether it can do its work.
type Prober interface {
	// Probe checks whether the engine can do its work now. It calls report for each check; err is
	// nil if the check passed. It returns within seconds. At most one call is made at a time.
	Probe(ctx context.Context, report func(name string, err error))
}

// Check is one condition of readiness.
type Check struct {
	Name string
	Err  error // nil if it is met

	// Advisory means that the check is reported but does not count: gateways share a scanner, and
	// can do everything else without it.
	Advisory bool
}

// Scanner scans uploads for Config.MediaStore.
type Scanner interface {
	// Ping returns an error if the scanner does not answer. It returns within seconds.
	Ping(ctx context.Context) error

	// ServeHTTP serves the content that is being scanned, below media.ScanPath.
	http.Handler
}

var errDraining = errors.New("the gateway is shutting down")

// The answer is kept for probeEvery, so that frequent requests cost nothing.
const (
	probeTimeout = 3 * time.Second
	probeEvery   = time.Second
)

// readiness has the last answer of the engine.
type readiness struct {
	mu   sync.Mutex // guards the rest; held while the engine is asked
	at   time.Time
	last []Check
}

// Ready returns the checks that decide whether clients should be sent here. The gateway is ready if
// no Check has an error; advisory ones may.
func (s *Server) Ready(ctx context.Context) []Check {
	var draining error
	if s.draining.Load() {
		draining = errDraining
	}
	checks := []Check{{Name: "serving", Err: draining}}
	if s.memory.isShort() {
		checks = append(checks, Check{Name: "memory", Err: errShort})
	}
	return append(checks, s.probe(ctx)...)
}

func (s *Server) probe(ctx context.Context) []Check {
	prober, ok := s.config.Engine.(Prober)
	mediaProber, mediaOK := s.config.MediaStore.(interface{ Probe(context.Context) error })
	r := &s.readiness
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.at) >= probeEvery {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeTimeout)
		defer cancel()
		r.last = nil
		scanner := s.pingScanner(ctx)
		if ok {
			prober.Probe(ctx, func(name string, err error) { r.last = append(r.last, Check{Name: name, Err: err}) })
		}
		if mediaOK {
			r.last = append(r.last, Check{Name: "media", Err: mediaProber.Probe(ctx)})
		}
		r.last = append(r.last, scanner()...)
		r.at = time.Now()
	}
	return r.last
}

// pingScanner asks the scanner, if there is one. result waits for the answer.
func (s *Server) pingScanner(ctx context.Context) (result func() []Check) {
	if s.config.Scanner == nil {
		return func() []Check { return nil }
	}
	answer := make(chan error, 1)
	go func() { answer <- s.config.Scanner.Ping(ctx) }()
	return func() []Check { return []Check{{Name: "scanner", Err: <-answer, Advisory: true}} }
}

// serveReady answers 200, or 503 if a check fails, with all checks.
func (s *Server) serveReady(w http.ResponseWriter, r *http.Request) {
	type check struct {
		Name     string `json:"name"`
		OK       bool   `json:"ok"`
		Error    string `json:"error,omitempty"`
		Advisory bool   `json:"advisory,omitempty"`
	}
	answer := struct {
		Ready  bool    `json:"ready"`
		Checks []check `json:"checks"`
	}{Ready: true}
	for _, c := range s.Ready(r.Context()) {
		one := check{Name: c.Name, OK: c.Err == nil, Advisory: c.Advisory}
		if !one.OK {
			answer.Ready, one.Error = answer.Ready && c.Advisory, c.Err.Error()
		}
		answer.Checks = append(answer.Checks, one)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !answer.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(answer) // the client may be gone
}
