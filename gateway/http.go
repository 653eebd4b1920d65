package gateway

import (
	"io/fs"
	"net/http"
	"time"

	"rtmwasm/gateway/media"
	"rtmwasm/gateway/rest"
	"rtmwasm/gateway/tracing"
)

// route is a path. One that ends with a slash includes all paths below it.
type route struct {
	pattern string
	handler http.Handler
}

// routes returns all paths of the gateway.
func (s *Server) routes() []route {
	all := []route{
		{"/rtm", http.HandlerFunc(s.acceptSocket)},
		{"/healthz", http.HandlerFunc(serveHealth)},
		{"/readyz", http.HandlerFunc(s.serveReady)},
		{"/sdk/", http.StripPrefix("/sdk", sdkHandler(s.config.SDK, s.config.AnswerTimeout))},
	}
	if s.media != nil {
		all = append(all, route{media.BasePath, s.media})
	}
	if s.config.Scanner != nil {
		all = append(all, route{media.ScanPath, s.config.Scanner})
	}
	if s.config.Docs != nil {
		all = append(all, route{"/docs/", http.StripPrefix("/docs", docsHandler(s.config.Docs, s.config.AnswerTimeout))})
	}
	if s.config.Demo != nil {
		all = append(all, route{"/", demoHandler(s.config.Demo, s.config.AnswerTimeout)},
			route{"/demo.json", http.HandlerFunc(s.serveDemoSetup)})
	}
	return all
}

func (s *Server) newHandler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range s.routes() {
		mux.Handle(r.pattern, r.handler)
	}
	handler := s.guard(s.withREST(s.boundRequests(s.crossOrigin(mux))))
	if s.config.Tracer != nil {
		handler = tracing.Handler(s.config.Tracer, TraceRoute, handler)
	}
	return handler
}

// isREST reports whether a request is for Config.REST.
func (s *Server) isREST(r *http.Request) bool { return s.config.REST != nil && rest.IsPath(r.URL.Path) }

// withREST serves Config.REST. No mux may see its paths, because a mux redirects a path whose user
// id is ".." or has a slash.
func (s *Server) withREST(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.isREST(r) {
			s.config.REST.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func serveHealth(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte("ok\n"))
}

// sdkHandler serves the SDK's files.
func sdkHandler(files fs.FS, stall time.Duration) http.Handler {
	if files == nil || !exists(files, "rtm.js") {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "the SDK is not built into this gateway: run `make build`", http.StatusNotFound)
		})
	}
	return newStatic(files, stall)
}
