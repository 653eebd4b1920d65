package gateway

import (
	"io/fs"
	"net/http"
	"time"

	"rtmwasm/core"
)

// newMux lays out the addresses.
func (s *Server) newMux() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/rtm", s.acceptSocket)
	mux.HandleFunc("/healthz", serveHealth)
	mux.HandleFunc("/readyz", s.serveReady)
	mux.Handle("/sdk/", http.StripPrefix("/sdk", sdkHandler(s.config.SDK)))
	if s.media != nil {
		mux.Handle("/media/", s.media)
	}
	if s.config.Demo != nil {
		mux.Handle("/", demoHandler(s.config.Demo))
	}
	return endBodies(mux)
}

// bodyEnd is how long a client may take over what is left of its request when the answer is
// there.
const bodyEnd = 5 * time.Second

// endBodies bounds what net/http does without a bound of time: reading up to 256 KiB of a
// body that the handler did not want, before it takes the next request.
func endBodies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(core.GatewayHeader, "1")
		if r.ContentLength != 0 {
			defer func() {
				_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyEnd)) // an error means the connection is gone
			}()
		}
		next.ServeHTTP(w, r)
	})
}

// demoPolicy lets the demo run only what this gateway serves, and talk to any gateway.
const demoPolicy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src *; worker-src blob:; " +
	"img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; frame-ancestors 'self'"

func demoHandler(files fs.FS) http.Handler {
	static := newStatic(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", demoPolicy)
		static.ServeHTTP(w, r)
	})
}

func serveHealth(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte("ok\n"))
}

// sdkHandler serves the SDK's files to pages of any origin, those under cross-origin
// isolation included.
func sdkHandler(files fs.FS) http.Handler {
	if files == nil || !exists(files, "rtm.js") {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "the SDK is not built into this gateway: run `make build`", http.StatusNotFound)
		})
	}
	static := newStatic(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
		static.ServeHTTP(w, r)
	})
}
