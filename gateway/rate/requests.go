package rate

import (
	"time"

	"rtmwasm/core"
)

const (
	// windowShare is by how much the windows here are shorter than those of core.Rates. A client
	// keeps to core.Rates by itself; the gateway holds those to it that do not. Frames that were
	// held up on their way arrive closer together than they were sent.
	windowShare = 2

	// graceEvery is how often a client that comes back is given grace, see grant.
	graceEvery = core.RequestTimeout

	// maxWindows is how many windows a session has before those that count nothing any more are
	// dropped.
	maxWindows = 64
)

// Requests counts the requests of one session against core.Rates. The zero value has counted nothing.
type Requests struct {
	by      map[key]*window // made as they are needed
	returns int             // how often the client has come back
}

type key struct {
	op      core.Op
	channel string
}

// Allow counts one request, and reports whether it is allowed. Requests of an op count for each
// channel apart; channel is "" where the channel does not matter.
func (r *Requests) Allow(op core.Op, channel string, now time.Time) bool {
	k := key{op, channel}
	w := r.by[k]
	if w == nil {
		if len(r.by) >= maxWindows {
			r.drop(now)
		}
		if r.by == nil {
			r.by = map[key]*window{}
		}
		w = newWindow(op)
		r.by[k] = w
	}
	if w.returns != r.returns {
		w.returns = r.returns
		w.grant(now)
	}
	return w.allow(now)
}

// Returned notes that the client has come back. What it had sent, and counted, while its connection was
// dying may come again.
func (r *Requests) Returned() { r.returns++ }

func (r *Requests) drop(now time.Time) {
	for k, w := range r.by {
		if w.idle(now) {
			delete(r.by, k)
		}
	}
}

// window counts events in a sliding window.
type window struct {
	core.Rate
	at   []time.Time // the latest; a ring when full
	next int         // the oldest of a full ring

	spare   int       // events allowed beside the window
	granted time.Time // when spare was last given
	returns int       // of Requests, when this was last looked at
}

func newWindow(op core.Op) *window {
	w := &window{Rate: core.Rates[op]}
	w.Window /= windowShare
	return w
}

// allow takes a place at now, or reports that none is free.
func (w *window) allow(now time.Time) bool {
	switch {
	case len(w.at) < w.N:
		w.at = append(w.at, now)
	case now.Sub(w.at[w.next]) >= w.Window:
		w.at[w.next] = now
		w.next = (w.next + 1) % w.N
	case w.spare > 0:
		w.spare--
	default:
		return false
	}
	return true
}

// grant makes room beside the window, at most once in graceEvery, for what a client
// had sent, and paid for, while its connection was dying.
func (w *window) grant(now time.Time) {
	if now.Sub(w.granted) >= graceEvery {
		w.spare, w.granted = w.N*int(core.RequestTimeout/w.Window+1), now
	}
}

// idle reports whether nothing counts any more.
func (w *window) idle(now time.Time) bool {
	return now.Sub(w.granted) >= graceEvery && (len(w.at) == 0 || now.Sub(w.at[(w.next+len(w.at)-1)%len(w.at)]) >= w.Window)
}
