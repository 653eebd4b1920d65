package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"rtmwasm/gateway"
	"rtmwasm/gateway/rest"
)

// front answers for the gateway until it is there, then hands all requests over to it.
type front struct {
	doing string // what the start does
	began time.Time
	now   atomic.Pointer[gateway.Server]
}

func newFront(doing string) *front { return &front{doing: doing, began: time.Now()} }

// set makes server the one that answers.
func (f *front) set(server *gateway.Server) { f.now.Store(server) }

// checks are those of /readyz.
func (f *front) checks(ctx context.Context) []gateway.Check {
	if server := f.now.Load(); server != nil {
		return server.Ready(ctx)
	}
	return []gateway.Check{{Name: "starting", Err: errors.New(f.state())}}
}

// state says what the start does, and for how long it has.
func (f *front) state() string {
	return f.doing + ", for " + time.Since(f.began).Round(time.Second).String()
}

// ServeHTTP implements http.Handler.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if server := f.now.Load(); server != nil {
		server.Handler().ServeHTTP(w, r)
		return
	}
	f.serveStarting(w, r)
}

// frontTime bounds a request before the gateway is there.
const frontTime = 5 * time.Second

// serveStarting says that the process runs, and to come again. The gateway's own answers look
// the same for /healthz and /readyz. What the start does has addresses and paths in it, which
// are for operators: only /readyz tells it.
func (f *front) serveStarting(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(frontTime)) // errors mean that the connection is gone
	_ = control.SetWriteDeadline(time.Now().Add(frontTime))
	gateway.SetCommonHeaders(w.Header(), r)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Connection", "close") // what comes next may find the gateway
	switch r.URL.Path {
	case "/healthz":
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("ok\n"))
	case "/readyz":
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusServiceUnavailable)
		check := map[string]any{"name": "starting", "ok": false, "error": f.state()}
		_ = json.NewEncoder(w).Encode(map[string]any{"ready": false, "checks": []any{check}}) // the asker may be gone
	default:
		if rest.IsPath(r.URL.Path) {
			rest.ServeStarting(w)
			return
		}
		w.Header().Set("Retry-After", "1")
		http.Error(w, "the gateway is starting: try again later", http.StatusServiceUnavailable)
	}
}
