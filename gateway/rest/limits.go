package rest

import (
	"sync"

	"golang.org/x/time/rate"
)

// maxLimiters is how many limiters are kept in memory. Without a limit, a gateway that serves every
// app id could run out of memory.
const maxLimiters = 10_000

// limits limit the calls of each app to each endpoint.
type limits struct {
	most map[string]int // by endpoint, calls in a second

	mu *sync.Mutex // guards by
	by map[limited]*rate.Limiter
}

type limited struct{ app, endpoint string }

func newLimits(l Limits) limits {
	return limits{
		most: map[string]int{PeerMessages: l.PeerMessages, ChannelMessages: l.ChannelMessages, UserEvents: l.Events, ChannelEvents: l.Events,
			CreateQuery: l.History, ReadQuery: l.History, CountMessages: l.History,
			ControlCalls: l.Control},
		mu: &sync.Mutex{},
		by: map[limited]*rate.Limiter{},
	}
}

// allow counts a call and reports whether the app may make it now.
func (l limits) allow(app, endpoint string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := limited{app, endpoint}
	limiter := l.by[key]
	if limiter == nil {
		if len(l.by) >= maxLimiters {
			clear(l.by)
		}
		n := l.most[endpoint]
		limiter = rate.NewLimiter(rate.Limit(n), n)
		l.by[key] = limiter
	}
	return limiter.Allow()
}
