package tracing_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"rtmwasm/gateway/tracing"
)

func recorder() (trace.Tracer, *tracetest.SpanRecorder) {
	spans := tracetest.NewSpanRecorder()
	return sdk.NewTracerProvider(sdk.WithSpanProcessor(spans)).Tracer(tracing.Name), spans
}

// Nothing is recorded, and nothing allocated, where no span is recorded above.
func TestStartWithoutTrace(t *testing.T) {
	ctx := context.WithValue(context.Background(), new(int), 1)
	prefix, name := strings.Repeat("s3 ", 20), strings.Repeat("PutObject", 20)
	assert.Zero(t, testing.AllocsPerRun(1000, func() {
		below, span := tracing.Start(ctx, "nats get")
		span.Set("bucket", "rtm_sessions")
		span.End(io.EOF)
		_, span = tracing.StartNamed(ctx, prefix, name)
		span.End(nil)
		tracing.Route(ctx, http.MethodGet, prefix, name)
		if below != ctx || tracing.Traceparent(below) != "" {
			panic("a span")
		}
	}))
	_, span := tracing.StartRoot(ctx, nil, "batch")
	span.End(nil)
	assert.Equal(t, context.Background(), tracing.Detach(ctx))
	tracing.StartRemote(nil, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "answer").End(nil)
}

func TestSteps(t *testing.T) {
	tracer, spans := recorder()
	root, request := tracer.Start(t.Context(), "request")
	_, step := tracing.Start(root, "step")
	step.Set("bucket", "b")
	step.End(errors.Join(context.DeadlineExceeded, errors.New("secret of alice")))
	remote := tracing.StartRemote(tracer, tracing.Traceparent(root), "elsewhere")
	remote.End(nil)
	request.End()
	all := spans.Ended()
	require.Len(t, all, 3)
	for _, s := range all[:2] {
		assert.Equal(t, request.SpanContext().SpanID(), s.Parent().SpanID(), s.Name())
	}
	assert.Equal(t, codes.Error, all[0].Status().Code)
	assert.Empty(t, all[0].Status().Description)
	assert.Len(t, all[0].Events(), 0, "an error's text may have anything in it")
	assert.Equal(t, "timeout", all[0].Attributes()[1].Value.AsString())
}

// A handler that panics, writes nothing, or writes early; and the abilities of the writer.
func TestHandler(t *testing.T) {
	tracer, spans := recorder()
	handlers := map[string]http.HandlerFunc{
		"/silent": func(http.ResponseWriter, *http.Request) {},
		"/panics": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"/fails":  func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusServiceUnavailable) },
		"/early": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusTeapot)
		},
		"/writes": func(w http.ResponseWriter, r *http.Request) {
			tracing.Route(r.Context(), r.Method, "re", "named")
			_, err := w.(io.ReaderFrom).ReadFrom(bytes.NewReader([]byte("hello")))
			assert.NoError(t, err)
			assert.NoError(t, http.NewResponseController(w).Flush())
		},
		"/": func(_ http.ResponseWriter, r *http.Request) {
			assert.False(t, trace.SpanContextFromContext(r.Context()).IsValid())
		},
	}
	route := func(r *http.Request) string {
		if r.URL.Path == "/" {
			return ""
		}
		return r.URL.Path
	}
	mux := http.NewServeMux()
	for path, h := range handlers {
		mux.Handle(path, h)
	}
	server := httptest.NewServer(tracing.Handler(tracer, route, mux))
	for path := range handlers {
		if answer, err := http.Post(server.URL+path, "", nil); err == nil {
			_ = answer.Body.Close()
		} else {
			assert.Equal(t, "/panics", path)
		}
	}
	server.Close() // waits for the handlers
	got := map[string]string{}
	for _, s := range spans.Ended() {
		status := ""
		for _, a := range s.Attributes() {
			if a.Key == "http.response.status_code" {
				status = a.Value.Emit()
			}
		}
		got[s.Name()] = s.Status().Code.String() + status
	}
	assert.Equal(t, map[string]string{"POST /silent": "Unset", "POST /panics": "Error", "POST /fails": "Error503", "POST /early": "Unset418", "POST renamed": "Unset200"}, got)
}

// What is not an io.ReaderFrom does not become one.
func TestHandlerAddsNoReaderFrom(t *testing.T) {
	tracer, _ := recorder()
	h := tracing.Handler(tracer, func(*http.Request) string { return "x" }, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, ok := w.(io.ReaderFrom)
		assert.False(t, ok)
	}))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
}

// The receiver of a request gets the id of the span for it, and spans nothing of its address but the host.
func TestTransport(t *testing.T) {
	tracer, spans := recorder()
	got := make(chan string, 2)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.Header.Get("traceparent") }))
	t.Cleanup(server.Close)
	client := &http.Client{Transport: tracing.Transport(http.DefaultTransport, "hook")}
	call := func(ctx context.Context) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/secret?query=secret", nil)
		require.NoError(t, err)
		answer, err := client.Do(r)
		require.NoError(t, err)
		_ = answer.Body.Close()
	}
	call(t.Context())
	assert.Empty(t, <-got)
	ctx, root := tracer.Start(t.Context(), "request")
	call(ctx)
	root.End()
	hook := spans.Ended()[0]
	assert.Equal(t, "00-"+hook.SpanContext().TraceID().String()+"-"+hook.SpanContext().SpanID().String()+"-01", <-got)
	for _, a := range hook.Attributes() {
		assert.NotContains(t, a.Value.Emit(), "secret")
	}
}

func TestLog(t *testing.T) {
	tracer, _ := recorder()
	var out bytes.Buffer
	log := slog.New(tracing.Log(slog.NewTextHandler(&out, nil))).With("a", 1)
	log.Info("without")
	ctx, span := tracer.Start(t.Context(), "request")
	log.InfoContext(ctx, "within")
	ids := " trace_id=" + span.SpanContext().TraceID().String() + " span_id=" + span.SpanContext().SpanID().String() + "\n"
	assert.Contains(t, out.String(), "msg=without a=1\n")
	assert.Contains(t, out.String(), "msg=within a=1"+ids)
}
