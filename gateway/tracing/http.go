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

// w3c reads and writes the header traceparent. It ignores tracestate and baggage, which are free text
// of the caller.
var w3c = propagation.TraceContext{}

// Handler records a span for each request. With a header traceparent, the span continues the caller's
// trace. route returns the name of a request, one of a few, or "" for a request without a span.
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

// knownMethod returns a known method or _OTHER, so that callers cannot choose names of spans.
func knownMethod(method string) string {
	if slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}, method) {
		return method
	}
	return "_OTHER"
}

// response notes the status of an answer.
type response struct {
	http.ResponseWriter
	status int // 0: no header was sent
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

// writer returns the ResponseWriter for the handler. It is an io.ReaderFrom only if the original one
// is, so that the system can still send files.
func (w *response) writer() http.ResponseWriter {
	if to, ok := w.ResponseWriter.(io.ReaderFrom); ok {
		return &fileResponse{w, to}
	}
	return w
}

// WriteHeader implements http.ResponseWriter. Interim answers do not count, except 101.
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

// Unwrap lets http.ResponseController reach the original writer.
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

// Transport records a span for each request that is made in a traced context. name is one of a few. The
// span ends when the header of the answer has arrived. The receiver gets the header traceparent, so that
// it can continue the trace.
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

// EndHTTP ends a step that is an HTTP request. The step has failed if the status is failedFrom or higher.
// The span only has the host of the URL.
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
