package rest

import (
	"sync"

	"golang.org/x/time/rate"
)

// maxLimiters is how many limiters are remembered. Gateways that serve every app id could fill
// memory otherwise.
const maxLimiters = 10_000

// limits count the calls of each app at each endpoint.
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

// allow counts a call, or reports that the app has made as many as it may.
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
