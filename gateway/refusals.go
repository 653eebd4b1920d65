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

// A refusal is logged once in refusalEvery for each reason and address, and of each kind
// maxRefusalLines times: who is refused chooses what is in the lines. At most maxRefusals of
// a kind are remembered.
const (
	refusalEvery    = time.Minute
	maxRefusalLines = 120
	maxRefusals     = 4096
)

// refusals logs who is refused and why, and not more often than an operator can read. Each
// kind of refusal has its own lines, so that a flood of one kind hides no other.
type refusals struct {
	log *slog.Logger

	mu    sync.Mutex // guards the rest
	kinds map[string]*refusalKind
}

// refusalKind is about the refusals that are logged with the same text.
type refusalKind struct {
	last     map[refusalKey]*refusalCount
	lines    counter
	unlogged int // refusals without a line because there were too many lines
}

type refusalKey struct{ reason, from string }

type refusalCount struct {
	at    time.Time // of the last line
	since int       // refusals without a line since then
}

// note logs a refusal, unless the same was logged a moment ago. When lines were left out
// because there were too many, one more tells how many, at the end of the minute.
func (r *refusals) note(text string, key refusalKey, now time.Time, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kind := r.kinds[text]
	if kind == nil {
		if r.kinds == nil {
			r.kinds = map[string]*refusalKind{}
		}
		kind = &refusalKind{last: map[refusalKey]*refusalCount{}}
		r.kinds[text] = kind
	}
	c := kind.last[key]
	if c != nil && now.Sub(c.at) < refusalEvery {
		c.since++
		return
	}
	if kind.lines.add(now, refusalEvery) > maxRefusalLines {
		if kind.unlogged++; kind.unlogged == 1 {
			time.AfterFunc(kind.lines.began.Add(refusalEvery).Sub(now), func() { r.tellUnlogged(text) })
		}
		return
	}
	if c != nil && c.since > 0 {
		args = append(args, "more since the last line", c.since)
	}
	if len(kind.last) >= maxRefusals {
		clear(kind.last)
	}
	kind.last[key] = &refusalCount{at: now}
	r.log.Warn(text, args...)
}

// tellUnlogged logs how many refusals of a kind have no line.
func (r *refusals) tellUnlogged(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kind := r.kinds[text]
	r.log.Warn("more refusals were not logged: there were too many within a minute", "refusal", text, "count", kind.unlogged)
	kind.unlogged = 0
}

// loginRefused counts and logs a login that is refused.
func (s *Server) loginRefused(ctx context.Context, h *wire.Hello, refusal *wire.Refusal) {
	s.config.Meter.LoginRefused(refusal.Reason.String())
	address, _ := ctx.Value(addressKey{}).(netip.Addr)
	from := ""
	if address.IsValid() {
		from = Network(address).String()
	}
	s.refusals.note("a login is refused", refusalKey{refusal.Reason.String() + strconv.Itoa(int(refusal.ServerCode)), from}, time.Now(),
		"reason", refusal.Reason.String(), "text", refusal.Text, "address", from, "app", clip(h.AppId), "uid", clip(h.Uid))
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
