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

// front answers requests while the gateway starts. Then it passes all requests to the gateway.
type front struct {
	doing string // what the start waits for
	began time.Time
	now   atomic.Pointer[gateway.Server]
}

func newFront(doing string) *front { return &front{doing: doing, began: time.Now()} }

// set passes all later requests to server.
func (f *front) set(server *gateway.Server) { f.now.Store(server) }

// checks returns the checks of /readyz.
func (f *front) checks(ctx context.Context) []gateway.Check {
	if server := f.now.Load(); server != nil {
		return server.Ready(ctx)
	}
	return []gateway.Check{{Name: "starting", Err: errors.New(f.state())}}
}

// state says what the start waits for, and for how long.
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

// frontTime is how long a request may take while the gateway starts.
const frontTime = 5 * time.Second

// serveStarting answers that the process runs, and that the client should try again. Its answers to
// /healthz and /readyz have the form of the gateway's own. Only /readyz, which is for operators, says
// what the start waits for: this text has addresses and paths in it.
func (f *front) serveStarting(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(frontTime)) // fails only if the connection is closed
	_ = control.SetWriteDeadline(time.Now().Add(frontTime))
	gateway.SetCommonHeaders(w.Header(), r)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Connection", "close") // the next request may then reach the started gateway
	switch r.URL.Path {
	case "/healthz":
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("ok\n"))
	case "/readyz":
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusServiceUnavailable)
		check := map[string]any{"name": "starting", "ok": false, "error": f.state()}
		_ = json.NewEncoder(w).Encode(map[string]any{"ready": false, "checks": []any{check}}) // fails only if the client is gone
	default:
		if rest.IsPath(r.URL.Path) {
			rest.ServeStarting(w)
			return
		}
		w.Header().Set("Retry-After", "1")
		http.Error(w, "the gateway is starting: try again later", http.StatusServiceUnavailable)
	}
}
