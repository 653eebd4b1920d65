package scan

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// pingEvery is how often a scanner that failed is asked whether it is back, while somebody
// wants to know.
const pingEvery = time.Second

// health remembers whether the scanner answers. One that failed is well again when a ping or
// a scan succeeds: content that the scanner cannot cope with must not keep others out.
type health struct {
	ping func(context.Context) error
	log  *slog.Logger

	mu      sync.Mutex // guards the rest
	err     error      // nil: it is well
	pinging bool
	pinged  time.Time
}

func (h *health) isWell() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err != nil {
		h.log.Info("scan: the scanner answers again")
	}
	h.err = nil
}

func (h *health) hasFailed(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err == nil {
		h.log.Error("scan: the scanner failed", "error", err)
	}
	h.err = err
	h.pingSoon()
}

// failure is why the scanner is not well, or nil.
func (h *health) failure() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err != nil {
		h.pingSoon()
	}
	return h.err
}

// pingSoon pings, unless that was done a moment ago. h.mu is held.
func (h *health) pingSoon() {
	if h.pinging || time.Since(h.pinged) < pingEvery {
		return
	}
	h.pinging = true
	go func() {
		err := h.ping(context.Background())
		if err == nil {
			h.isWell()
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.pinging, h.pinged = false, time.Now()
		if err != nil {
			h.err = err
		}
	}()
}
