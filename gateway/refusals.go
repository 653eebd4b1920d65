package gateway

import (
	"context"
	"log/slog"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"rtmwasm/core/wire"
)

// A refusal is logged once in refusalEvery for each reason and address, and of all together
// maxRefusalLines: who is refused chooses what is in the lines. At most maxRefusals are
// remembered.
const (
	refusalEvery    = time.Minute
	maxRefusalLines = 120
	maxRefusals     = 4096
)

// refusals logs who is refused and why, and not more often than an operator can read.
type refusals struct {
	log *slog.Logger

	mu    sync.Mutex // guards the rest
	last  map[refusalKey]*refusalCount
	lines counter
}

type refusalKey struct{ reason, from string }

type refusalCount struct {
	at    time.Time // of the last line
	since int       // refusals without a line since then
}

// note logs a refusal, unless the same was logged a moment ago.
func (r *refusals) note(text string, key refusalKey, now time.Time, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.last[key]
	switch {
	case c == nil:
		if len(r.last) >= maxRefusals {
			r.last = nil
		}
		if r.last == nil {
			r.last = map[refusalKey]*refusalCount{}
		}
		c = &refusalCount{}
		r.last[key] = c
	case now.Sub(c.at) < refusalEvery:
		c.since++
		return
	}
	if r.lines.add(now, refusalEvery) > maxRefusalLines {
		c.at = now
		return
	}
	if c.since > 0 {
		args = append(args, "more since the last line", c.since)
	}
	*c = refusalCount{at: now}
	r.log.Warn(text, args...)
}

// loginRefused counts and logs a login that is refused.
func (s *Server) loginRefused(ctx context.Context, h *wire.Hello, why *wire.Refusal) {
	s.config.Meter.LoginRefused(why.Reason.String())
	address, _ := ctx.Value(addressKey{}).(netip.Addr)
	from := ""
	if address.IsValid() {
		from = Network(address).String()
	}
	s.refusals.note("a login is refused", refusalKey{why.Reason.String() + strconv.Itoa(int(why.ServerCode)), from}, time.Now(),
		"reason", why.Reason.String(), "text", why.Text, "address", from, "app", clip(h.AppId), "uid", clip(h.Uid))
}

// addressKey is the key of a connection's address in the context of ServeConn.
type addressKey struct{}

func withAddress(ctx context.Context, address netip.Addr) context.Context {
	return context.WithValue(ctx, addressKey{}, address)
}

// originRefused counts and logs a request that is refused for its page's origin.
func (s *Server) originRefused(origin string) {
	s.config.Meter.OriginRefused()
	s.refusals.note("pages of an origin are refused: --origins does not name it", refusalKey{"origin", origin}, time.Now(), "origin", clip(origin))
}
