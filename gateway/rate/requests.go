package rate

import (
	"time"

	"rtmwasm/core"
)

const (
	// windowShare is how much shorter the windows here are than those of core.Rates. A client
	// observes core.Rates on its own; the gateway enforces them for other clients. Frames that were
	// delayed arrive closer together than they were sent.
	windowShare = 2

	// graceEvery is how often a client that comes back may get grace: see grant.
	graceEvery = core.RequestTimeout

	// maxWindows is how many windows a session may have before idle ones are dropped.
	maxWindows = 64
)

// Requests counts the requests of one session against core.Rates. The zero value is ready for use.
type Requests struct {
	by      map[key]*window
	returns int // how often the client has come back
}

// Window returns how long a request of op counts here.
func Window(op core.Op) time.Duration { return core.Rates[op].Window / windowShare }

type key struct {
	op      core.Op
	channel string
}

// Allow counts one request, and reports whether it is allowed. Each channel has its own count for
// an op; channel is "" if the channel does not matter.
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

// Returned notes that the client has come back. Requests that it sent and that were counted while
// its connection was failing may come again.
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
	at   []time.Time // times of the latest events; a ring when full
	next int         // index of the oldest in a full ring

	spare   int       // events allowed in addition to the window
	granted time.Time // when spare was last given
	returns int       // Requests.returns when this window was last used
}

func newWindow(op core.Op) *window {
	w := &window{Rate: core.Rates[op]}
	w.Window = Window(op)
	return w
}

// allow counts an event at now, or returns false if the window is full.
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

// grant allows more events, at most once in graceEvery: those that a client had sent, and that were
// counted, while its connection was failing.
func (w *window) grant(now time.Time) {
	if now.Sub(w.granted) >= graceEvery {
		w.spare, w.granted = w.N*int(core.RequestTimeout/w.Window+1), now
	}
}

// idle reports whether no event counts any more.
func (w *window) idle(now time.Time) bool {
	return now.Sub(w.granted) >= graceEvery && (len(w.at) == 0 || now.Sub(w.at[(w.next+len(w.at)-1)%len(w.at)]) >= w.Window)
}
