package media

import (
	"net/http"
	"sync"
)

const busy = "as many uploads and downloads as may be are under way here: try again"

// transferLimiter counts the requests that carry content: each holds a piece of a file in memory,
// for as long as its client pleases.
type transferLimiter struct {
	most, mostOfApp int // 0: no bound

	mu    sync.Mutex
	n     int
	byApp map[string]int
}

// direction tells which way a request carries content, "" for none.
func direction(r *http.Request) Direction {
	switch {
	case r.Method == http.MethodGet:
		return Download
	case r.Method == http.MethodPatch, r.Method == http.MethodPost && r.ContentLength != 0:
		return Upload
	}
	return ""
}

// enter takes a place, which the caller gives back with leave once.
func (l *transferLimiter) enter(app string) (leave func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.most > 0 && l.n >= l.most || l.mostOfApp > 0 && l.byApp[app] >= l.mostOfApp {
		return nil, false
	}
	l.n++
	l.byApp[app]++
	return func() { l.leave(app) }, true
}

func (l *transferLimiter) leave(app string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n--
	if l.byApp[app]--; l.byApp[app] == 0 {
		delete(l.byApp, app)
	}
}

// admit lets a request in that carries content, and the caller calls leave; or answers it.
func (h *Handler) admit(w http.ResponseWriter, r *http.Request, who Principal) (leave func(), ok bool) {
	if direction(r) == "" {
		return func() {}, true
	}
	if h.config.Busy == nil || !h.config.Busy() {
		if leave, ok = h.limiter.enter(who.App); ok {
			return leave, true
		}
	}
	refuseForNow(w, busy)
	return nil, false
}
