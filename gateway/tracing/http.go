package tracing

import (
	"io"
	"net/http"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// w3c reads and writes the header traceparent. Of tracestate, which is text of the caller's, and of
// baggage nothing is taken.
var w3c = propagation.TraceContext{}

// Handler has a span for each request, which goes on the trace of the caller's traceparent if there is
// one. route names a request after one of few addresses; requests for which it returns "" have no span.
func Handler(tracer trace.Tracer, route func(*http.Request) string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := route(r)
		if name == "" {
			next.ServeHTTP(w, r)
			return
		}
		ctx := w3c.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		if caller := trace.SpanContextFromContext(ctx); caller.IsValid() {
			ctx = trace.ContextWithRemoteSpanContext(ctx, caller.WithTraceState(trace.TraceState{}))
		}
		method := knownMethod(r.Method)
		ctx, span := tracer.Start(ctx, method+" "+name, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
			attribute.String("http.request.method", method), attribute.String("http.route", name)))
		if r.ContentLength > 0 {
			span.SetAttributes(attribute.Int64("http.request.body.size", r.ContentLength))
		}
		answer := &response{ResponseWriter: w}
		done := false
		defer func() {
			if !done { // a panic, such as http.ErrAbortHandler
				span.SetStatus(codes.Error, "")
			}
			answer.end(span)
		}()
		next.ServeHTTP(answer.writer(), r.WithContext(ctx))
		done = true
	})
}

// knownMethod keeps callers from naming spans.
func knownMethod(method string) string {
	if slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}, method) {
		return method
	}
	return "_OTHER"
}

// response notes the status of an answer.
type response struct {
	http.ResponseWriter
	status int // 0: none was sent
}

func (w *response) end(span trace.Span) {
	if w.status != 0 {
		span.SetAttributes(attribute.Int("http.response.status_code", w.status))
	}
	if w.status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// writer is what the handler gets: an io.ReaderFrom only where the ResponseWriter is one, so that the
// system goes on sending files.
func (w *response) writer() http.ResponseWriter {
	if to, ok := w.ResponseWriter.(io.ReaderFrom); ok {
		return &fileResponse{w, to}
	}
	return w
}

// WriteHeader implements http.ResponseWriter. An interim answer, other than 101, does not count.
func (w *response) WriteHeader(status int) {
	if w.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) Write(p []byte) (int, error) {
	w.implyOK()
	return w.ResponseWriter.Write(p)
}

func (w *response) implyOK() {
	if w.status == 0 {
		w.status = http.StatusOK
	}
}

// Unwrap gives http.ResponseController the writer below.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

type fileResponse struct {
	*response
	to io.ReaderFrom
}

// ReadFrom implements io.ReaderFrom.
func (w *fileResponse) ReadFrom(src io.Reader) (int64, error) {
	w.implyOK()
	return w.to.ReadFrom(src)
}

// Transport has a span, with a name of few, for each request that is made in a traced context. It ends when the
// header of the answer is there. The receiver gets the header traceparent, so that it can go on the
// trace.
func Transport(base http.RoundTripper, name string) http.RoundTripper {
	return transport{base, name}
}

type transport struct {
	base http.RoundTripper
	name string
}

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, span := Start(r.Context(), t.name)
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return t.base.RoundTrip(r)
	}
	r = r.Clone(ctx)
	w3c.Inject(ctx, propagation.HeaderCarrier(r.Header))
	answer, err := t.base.RoundTrip(r)
	span.EndHTTP(r, answer, err, http.StatusBadRequest)
	return answer, err
}

// EndHTTP ends a step that was a request by HTTP. It has failed from a status on. Of the URL it tells the
// host alone.
func (s Span) EndHTTP(r *http.Request, answer *http.Response, err error, failedFrom int) {
	if s.span == nil {
		return
	}
	s.Set("http.request.method", knownMethod(r.Method))
	s.Set("server.address", r.URL.Hostname())
	if answer != nil {
		s.SetInt("http.response.status_code", answer.StatusCode)
		if answer.StatusCode >= failedFrom {
			s.span.SetStatus(codes.Error, "")
		}
	}
	s.End(err)
}
