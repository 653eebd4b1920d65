package media

import (
	"net/http"
	"sync"
)

const busy = "the gateway is busy with other uploads and downloads: try again"

// transferLimiter limits the number of running requests that carry content. Each holds a piece of
// a file in memory, and a slow client can make it last long.
type transferLimiter struct {
	most, mostOfApp int // 0 means no limit

	mu    sync.Mutex
	n     int
	byApp map[string]int
}

// direction returns in which direction a request carries content; "" if it carries no content.
func direction(r *http.Request) Direction {
	switch {
	case r.Method == http.MethodGet:
		return Download
	case r.Method == http.MethodPatch, r.Method == http.MethodPost && r.ContentLength != 0:
		return Upload
	}
	return ""
}

// enter counts a request, unless the limit is reached. If ok, the caller must call leave once.
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

// admit counts a request that carries content. If ok, the caller must call leave. Otherwise the
// gateway is busy, and admit has answered the request.
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
