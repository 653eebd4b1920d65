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
	// Probe looks whether the engine can do its work now. It returns within seconds,
	// and at most one call is made at a time.
	Probe(ctx context.Context) []Check
}

// Check is one thing that must be so for a gateway to be ready.
type Check struct {
	Name string
	Err  error // nil: it is so
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
// Check has an error.
func (s *Server) Ready(ctx context.Context) []Check {
	var draining error
	s.mu.Lock()
	if s.closing || s.draining {
		draining = errDraining
	}
	s.mu.Unlock()
	checks := []Check{{"serving", draining}}
	if s.memory.isShort() {
		checks = append(checks, Check{"memory", errShort})
	}
	return append(checks, s.probe(ctx)...)
}

func (s *Server) probe(ctx context.Context) []Check {
	prober, ok := s.config.Engine.(Prober)
	mediaProber, mediaOK := s.config.MediaStore.(interface{ Probe(context.Context) error })
	if !ok && !mediaOK {
		return nil
	}
	r := &s.readiness
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.at) >= probeEvery {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeTimeout)
		defer cancel()
		r.last = nil
		if ok {
			r.last = prober.Probe(ctx)
		}
		if mediaOK {
			r.last = append(r.last, Check{"media", mediaProber.Probe(ctx)})
		}
		r.at = time.Now()
	}
	return r.last
}

// serveReady answers 200, or 503 when a check fails, and says which.
func (s *Server) serveReady(w http.ResponseWriter, r *http.Request) {
	type check struct {
		Name  string `json:"name"`
		OK    bool   `json:"ok"`
		Error string `json:"error,omitempty"`
	}
	answer := struct {
		Ready  bool    `json:"ready"`
		Checks []check `json:"checks"`
	}{Ready: true}
	for _, c := range s.Ready(r.Context()) {
		one := check{Name: c.Name, OK: c.Err == nil}
		if !one.OK {
			answer.Ready, one.Error = false, c.Err.Error()
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
