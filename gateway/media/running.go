package media

import (
	"net/http"
	"sync"
)

const busy = "as many uploads and downloads as may be are under way here: try again"

// running counts the requests that carry content: each holds a piece of a file in memory,
// for as long as its client pleases.
type running struct {
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
func (r *running) enter(app string) (leave func(), ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.most > 0 && r.n >= r.most || r.mostOfApp > 0 && r.byApp[app] >= r.mostOfApp {
		return nil, false
	}
	r.n++
	r.byApp[app]++
	return func() { r.leave(app) }, true
}

func (r *running) leave(app string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.n--
	if r.byApp[app]--; r.byApp[app] == 0 {
		delete(r.byApp, app)
	}
}

// admit lets a request in that carries content, and the caller calls leave; or answers it.
func (h *Handler) admit(w http.ResponseWriter, r *http.Request, who Principal) (leave func(), ok bool) {
	if direction(r) == "" {
		return func() {}, true
	}
	if h.config.Busy == nil || !h.config.Busy() {
		if leave, ok = h.running.enter(who.App); ok {
			return leave, true
		}
	}
	refuseForNow(w, busy)
	return nil, false
}
