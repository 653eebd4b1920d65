package scan

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// pingEvery is how often a failed scanner is pinged, while somebody asks for its state.
const pingEvery = time.Second

// health remembers whether the scanner works. After a failure it works again when a ping or a scan
// succeeds: a ping is enough, because one file that the scanner cannot handle must not stop others.
type health struct {
	ping func(context.Context) error
	log  *slog.Logger

	mu      sync.Mutex // guards the rest
	err     error      // nil: the scanner works
	wells   int        // how often isWell was called
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
	h.wells++
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

// failure returns why the scanner does not work, or nil.
func (h *health) failure() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err != nil {
		h.pingSoon()
	}
	return h.err
}

// pingSoon pings, unless the last ping was less than pingEvery ago. The caller holds h.mu.
func (h *health) pingSoon() {
	if h.pinging || time.Since(h.pinged) < pingEvery {
		return
	}
	h.pinging = true
	wells := h.wells
	go func() {
		err := h.ping(context.Background())
		if err == nil {
			h.isWell()
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.pinging, h.pinged = false, time.Now()
		if err != nil && h.wells == wells { // otherwise a scan has succeeded since the ping began
			h.err = err
		}
	}()
}
