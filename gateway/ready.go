package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"
)

// Prober is what an Engine may be, too, to have a say in whether the gateway is ready.
type Prober interface {
	// Probe looks whether the engine can do its work now. It calls report for each thing that must be
	// so, err is nil if it is. It returns within seconds, and at most one call is made at a time.
	Probe(ctx context.Context, report func(name string, err error))
}

// Check is one thing that must be so for a gateway to be ready.
type Check struct {
	Name string
	Err  error // nil: it is so

	// Advisory is a check that is told, and does not count: without a scanner, which gateways
	// share, they have all the rest to do.
	Advisory bool
}

// Scanner is what looks at uploads for Config.MediaStore.
type Scanner interface {
	// Ping returns an error if the scanner does not answer. It returns within seconds.
	Ping(ctx context.Context) error

	// ServeHTTP serves what is below media.ScanPath: the content that is being scanned.
	http.Handler
}

var errDraining = errors.New("the gateway is going down")

// Times of readiness. The answer is kept for a moment, so that asking often costs nothing.
const (
	probeTimeout = 3 * time.Second
	probeEvery   = time.Second
)

// readiness remembers the last answer of the engine.
type readiness struct {
	mu   sync.Mutex // guards the rest; held while the engine is asked
	at   time.Time
	last []Check
}

// Ready returns what is checked before clients should be sent here. All is well when no
// Check has an error; advisory ones may.
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

// pingScanner begins to ask the scanner, if there is one; result waits for the answer.
func (s *Server) pingScanner(ctx context.Context) (result func() []Check) {
	if s.config.Scanner == nil {
		return func() []Check { return nil }
	}
	answer := make(chan error, 1)
	go func() { answer <- s.config.Scanner.Ping(ctx) }()
	return func() []Check { return []Check{{Name: "scanner", Err: <-answer, Advisory: true}} }
}

// serveReady answers 200, or 503 when a check fails, and says which.
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
	_ = json.NewEncoder(w).Encode(answer) // the asker may be gone
}
