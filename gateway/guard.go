package gateway

import (
	"bytes"
	"context"
	"io"
	stdlog "log"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"rtmwasm/core"
	"rtmwasm/gateway/media"
	"rtmwasm/gateway/session"
)

const (
	// maxHeaderBytes is how long the header of a request may be, in bytes.
	maxHeaderBytes = 16 << 10

	// maxHeaderLines is how many lines it may have: short lines take far more memory than
	// they have bytes. Browsers send about 20.
	maxHeaderLines = 128

	// headerSlack is what net/http reads beyond http.Server.MaxHeaderBytes.
	headerSlack = 4096

	// idleTimeout is how long a connection may wait for its next request.
	idleTimeout = 2 * time.Minute
)

// HTTPServer returns a server for Handler with the limits that a public address needs and
// that only an http.Server can set: 10 s and 16 KiB for the header of a request, 2 minutes
// for a connection without one. The caller may set its TLSConfig, and serves and ends it.
func (s *Server) HTTPServer() *http.Server {
	h := NewHTTPServer(s.Handler(), s.log)
	h.ReadHeaderTimeout = s.config.Times.Hello
	return h
}

// NewHTTPServer returns an http.Server with the same bounds for another handler, such as one
// that answers until a Server is there. It sets no deadlines of requests: Handler does.
func NewHTTPServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: session.Times{}.WithDefaults().Hello,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes - headerSlack,
		ErrorLog:          stdlog.New(serverLog{log}, "", 0),
	}
}

// serverLog logs what net/http complains of as warnings. Failed TLS handshakes are for debugging:
// port scanners and clients that hang up cause them, and any number of them.
type serverLog struct{ log *slog.Logger }

// Write implements io.Writer for one line.
func (l serverLog) Write(line []byte) (int, error) {
	level := slog.LevelWarn
	if bytes.HasPrefix(line, []byte("http: TLS handshake error ")) {
		level = slog.LevelDebug
	}
	l.log.Log(context.Background(), level, string(bytes.TrimSuffix(line, []byte("\n"))))
	return len(line), nil
}

// guard is the outermost handler. It sets a deadline for everything that net/http does for
// a request without one, before any other handler runs.
//
// Two rules of net/http make that necessary. It reads up to 256 KiB of a body that the
// handler did not read, and does so before it sends the answer. And it writes an answer for
// as long as the client likes to take.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		SetCommonHeaders(w.Header(), r)
		s.setCORS(w.Header(), r)
		control := http.NewResponseController(w)
		// An error of a deadline means that the connection is gone. Handlers that write for
		// longer, and WebSockets, set their own.
		_ = control.SetWriteDeadline(time.Now().Add(s.config.AnswerTimeout))
		if headerLines(r.Header) > maxHeaderLines {
			w.Header().Set("Connection", "close")
			http.Error(w, "the request has too many header lines: 128 are allowed", http.StatusRequestHeaderFieldsTooLarge)
			return
		}
		if r.ContentLength == 0 {
			next.ServeHTTP(w, r)
			return
		}
		s.guardBody(w, r, next)
	})
}

// guardBody serves a request that announces a body.
func (s *Server) guardBody(w http.ResponseWriter, r *http.Request, next http.Handler) {
	rest := func() {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(s.config.BodyTimeout))
	}
	rest()
	body := &watchedBody{ReadCloser: r.Body}
	out := &earlyAnswer{ResponseWriter: w, body: body}
	if !s.isREST(r) && (s.media == nil || !media.TakesBody(r)) {
		http.Error(out, "this request may not have a body: send it without one", http.StatusRequestEntityTooLarge)
		return
	}
	defer rest()                   // for what net/http reads after the answer
	r = r.WithContext(r.Context()) // net/http goes on using the body of its own copy
	r.Body = body
	next.ServeHTTP(out, r)
	out.WriteHeader(http.StatusOK) // if no handler did
}

// boundRequests bounds how many requests of one address are served at a time. A request
// holds a place until it is answered, or until leavePlace: when it proves to be of a
// session, or is counted as a WebSocket.
func (s *Server) boundRequests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		address := ClientAddress(r, s.config.Limits.TrustedProxies)
		leave, no := s.admission.request(address, time.Now())
		if no != nil {
			s.refuseAddress(w, address, no)
			return
		}
		leave = sync.OnceFunc(leave)
		defer leave()
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), placeKey{}, leave)))
	})
}

// placeKey is the key of the function that gives up a request's place, in its context.
type placeKey struct{}

// leavePlace gives up the place of the request that a context belongs to, if it has one.
func leavePlace(ctx context.Context) {
	if leave, ok := ctx.Value(placeKey{}).(func()); ok {
		leave()
	}
}

// refuseAddress answers a request of an address that holds too much.
func (s *Server) refuseAddress(w http.ResponseWriter, address netip.Addr, no *turnedAway) {
	if no.first {
		s.log.Warn("connections from one address are refused; if it is a proxy, name it in --trusted-proxies", "address", address, "reason", no.reason)
	}
	w.Header().Set("Retry-After", "10")
	http.Error(w, no.reason+": try again later", http.StatusTooManyRequests)
}

// SetCommonHeaders sets what every answer has, those of a handler that answers until a Server
// is there included. Pages of all origins may read the answers. Strict-Transport-Security
// tells browsers to use only https for this site from now on, for a year.
func SetCommonHeaders(h http.Header, r *http.Request) {
	h.Set(core.GatewayHeader, "1")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", corsExposed)
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	if r.TLS != nil {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

func headerLines(h http.Header) (n int) {
	for _, values := range h {
		n += len(values)
	}
	return n
}

// watchedBody knows whether the body was read to its end.
type watchedBody struct {
	io.ReadCloser
	ended atomic.Bool
}

func (b *watchedBody) Read(p []byte) (n int, err error) {
	n, err = b.ReadCloser.Read(p)
	if err == io.EOF {
		b.ended.Store(true)
	}
	return n, err
}

// earlyAnswer announces the end of the connection in an answer that comes before the end of
// the request's body. Then net/http sends the answer at once, and reads the rest of the body
// afterwards, until the deadline, so that a client that is still sending finds the answer.
type earlyAnswer struct {
	http.ResponseWriter
	body  *watchedBody
	begun bool
}

func (w *earlyAnswer) WriteHeader(status int) {
	if status < 200 && status != http.StatusSwitchingProtocols { // an interim answer
		w.ResponseWriter.WriteHeader(status)
		return
	}
	if w.begun {
		return
	}
	w.begun = true
	if !w.body.ended.Load() {
		w.Header().Set("Connection", "close")
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *earlyAnswer) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.ResponseWriter.Write(p)
}

// Unwrap gives http.ResponseController the writer that has the deadlines.
func (w *earlyAnswer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
