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

	// maxHeaderLines is how many lines it may have. Short lines take far more memory than they have
	// bytes. Browsers send about 20.
	maxHeaderLines = 128

	// headerSlack is what net/http reads beyond http.Server.MaxHeaderBytes.
	headerSlack = 4096

	// idleTimeout is how long a connection may wait for its next request.
	idleTimeout = 2 * time.Minute
)

// HTTPServer returns a server for Handler with the limits that a public address needs and that only
// an http.Server can set: 10 s and 16 KiB for the header of a request, 2 minutes for an idle
// connection. The caller may set its TLSConfig, and starts and stops it.
func (s *Server) HTTPServer() *http.Server {
	h := NewHTTPServer(s.Handler(), s.log)
	h.ReadHeaderTimeout = s.config.Times.Hello
	return h
}

// NewHTTPServer returns an http.Server with the same limits for another handler, such as one that
// answers until a Server exists. It sets no deadlines for requests, because Handler does.
func NewHTTPServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           withLiveContext(handler),
		ReadHeaderTimeout: session.Times{}.WithDefaults().Hello,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes - headerSlack,
		ErrorLog:          stdlog.New(serverLog{log}, "", 0),
	}
}

// withLiveContext serves a request although the context of its connection has ended before, and then
// closes the connection.
//
// While a handler runs, net/http reads ahead, and ends the context of the connection when this read
// fails. It also fails if a deadline for reading passes, and handlers of uploads need such deadlines. A
// handler that then still answers leaves a connection on which every later request would fail at once.
func withLiveContext(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor == 1 && r.Context().Err() != nil {
			w.Header().Set("Connection", "close")
			r = r.WithContext(context.WithoutCancel(r.Context()))
		}
		next.ServeHTTP(w, r)
	})
}

// serverLog logs messages of net/http as warnings. Failed TLS handshakes are debug messages,
// because port scanners and clients that hang up cause any number of them.
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

// guard is the outermost handler. Before any other handler runs, it sets deadlines for what
// net/http does without one.
//
// net/http reads up to 256 KiB of a body that the handler did not read, before it sends the answer.
// And it waits without limit for a client to read an answer.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		SetCommonHeaders(w.Header(), r)
		s.setCORS(w.Header(), r)
		control := http.NewResponseController(w)
		// An error here means that the connection is gone. Handlers that write for longer, and
		// WebSockets, set their own deadlines.
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
	out.WriteHeader(http.StatusOK) // if no handler has called it
}

// boundRequests limits how many requests of one address are served at a time. A request counts
// until it is answered or until leavePlace, which is called when the request belongs to a session
// or is counted as a WebSocket.
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

// placeKey is the context key of the function that stops counting a request.
type placeKey struct{}

// leavePlace stops counting the request of a context, if it counts.
func leavePlace(ctx context.Context) {
	if leave, ok := ctx.Value(placeKey{}).(func()); ok {
		leave()
	}
}

// refuseAddress answers a request of an address that has too many.
func (s *Server) refuseAddress(w http.ResponseWriter, address netip.Addr, no *rejection) {
	if no.first {
		s.log.Warn("connections from one address are refused; if it is a proxy, name it in --trusted-proxies", "address", address, "reason", no.reason)
	}
	w.Header().Set("Retry-After", "10")
	http.Error(w, no.reason+": try again later", http.StatusTooManyRequests)
}

// SetCommonHeaders sets the headers of every answer, including those of a handler that answers
// until a Server exists. Pages of all origins may read the answers. Strict-Transport-Security tells
// browsers to use only https for this site for a year.
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

// watchedBody records whether the body was read to its end.
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

// earlyAnswer closes the connection after an answer that comes before the end of the request's
// body. Then net/http sends the answer at once and reads the rest of the body until the deadline,
// so that a client that is still sending gets the answer.
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

// Unwrap returns the writer that has the deadlines, for http.ResponseController.
func (w *earlyAnswer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
