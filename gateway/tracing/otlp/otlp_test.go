package otlp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"rtmwasm/gateway/tracing"
)

// counted is a Meter.
type counted struct{ sent, full, notTaken atomic.Int64 }

func (c *counted) SpansSent(n int) { c.sent.Add(int64(n)) }
func (c *counted) SpansDropped(r tracing.Reason, n int) {
	if r == tracing.QueueFull {
		c.full.Add(int64(n))
	} else {
		c.notTaken.Add(int64(n))
	}
}

// What does not fit behind a collector that hangs is dropped and counted at once; all else arrives when it
// goes on.
func TestFullQueue(t *testing.T) {
	goOn := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-goOn }))
	t.Cleanup(server.Close)
	var meter counted
	traces, err := Open(t.Context(), Options{URL: server.URL, Ratio: 1, Meter: &meter, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	const more = 1000
	for range queueLength + more {
		_, span := traces.Tracer().Start(t.Context(), "x")
		span.End()
	}
	assert.EqualValues(t, more, meter.full.Load())
	close(goOn)
	require.NoError(t, traces.Close(context.Background()))
	assert.EqualValues(t, queueLength, meter.sent.Load())
	assert.Zero(t, meter.notTaken.Load())
}

// Close ends with its context, and with it a request under way.
func TestCloseWhileTheCollectorHangs(t *testing.T) {
	asked, over := make(chan struct{}, 10), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // until then the server does not see the client go
		asked <- struct{}{}
		<-r.Context().Done()
		close(over)
	}))
	t.Cleanup(server.Close)
	traces, err := Open(t.Context(), Options{URL: server.URL, Ratio: 1, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	_, span := traces.Tracer().Start(t.Context(), "x")
	span.End()
	<-asked
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, traces.Close(ctx), context.DeadlineExceeded)
	<-over
}

func TestEndpoint(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "https://base.example.org/otel/")
	for given, want := range map[string]string{
		"http://127.0.0.1:4318":           "http://127.0.0.1:4318/v1/traces",
		"http://127.0.0.1:4318/":          "http://127.0.0.1:4318/v1/traces",
		"https://c.example.org/in/traces": "https://c.example.org/in/traces",
		FromEnvironment:                   "https://base.example.org/otel/v1/traces",
		"c.example.org:4318":              "",
		"https://c.example.org?key=1":     "",
		"https://u:p@c.example.org":       "",
		"ftp://c.example.org":             "",
	} {
		got, err := Options{URL: given}.endpoint()
		assert.Equal(t, want, got, given)
		assert.Equal(t, want == "", err != nil, given)
	}
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://traces.example.org/x")
	got, err := Options{URL: FromEnvironment}.endpoint()
	require.NoError(t, err)
	assert.Equal(t, "https://traces.example.org/x", got, "as it is")
}

// Callers can have a hundred traces a second recorded, not more, whatever ids they choose. Other gateways
// have all that they record, and nothing of what callers have.
func TestCallersHaveABound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, ratio := range []float64{0, 0.1, 1} {
			spans := tracetest.NewSpanRecorder()
			provider := sdk.NewTracerProvider(sdk.WithSampler(sampler(ratio)), sdk.WithSpanProcessor(spans))
			tracer := provider.Tracer(tracing.Name)
			recorded := 0
			handler := tracing.Handler(tracer, func(*http.Request) string { return "x" }, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if trace.SpanFromContext(r.Context()).IsRecording() {
					recorded++
				}
			}))
			ask := func(flags string) {
				for range 10 * callersPerSecond {
					r := httptest.NewRequest(http.MethodGet, "/", nil)
					r.Header.Set(tracing.Header, "00-0af7651916cd43dd0000000000000000-b7ad6b7169203331-"+flags) // an id below every ratio
					handler.ServeHTTP(httptest.NewRecorder(), r)
				}
			}
			ask("00")
			assert.Zero(t, recorded, ratio)
			for range 10 * callersPerSecond {
				tracing.StartRemote(tracer, "00-0af7651916cd43ddffffffffffffffff-b7ad6b7169203331-01", "answer").End(nil)
			}
			assert.Len(t, spans.Ended(), 10*callersPerSecond)
			ask("01")
			assert.Equal(t, callersPerSecond, recorded, ratio)
			time.Sleep(time.Second)
			ask("01")
			assert.Equal(t, 2*callersPerSecond, recorded, ratio)
		}
	})
}

// A collector that is away costs one line a minute, however many batches are lost.
func TestReportOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		lines := func(text string) int { return strings.Count(out.String(), text) }
		r := report{log: slog.New(slog.NewTextHandler(&out, nil)), at: "https://c.example.org"}
		r.note(nil)
		assert.Empty(t, out.String())
		for minute := range 3 {
			for range 30 {
				r.note(errors.New("away"))
				time.Sleep(2 * time.Second)
			}
			assert.Equal(t, minute+1, lines("does not take traces"))
		}
		r.note(nil)
		r.note(nil)
		assert.Equal(t, 1, lines("takes traces again"))
	})
}

func TestPlain(t *testing.T) {
	assert.NoError(t, plain(nil))
	long := make([]byte, 1000)
	for i := range long {
		long[i] = 'x'
	}
	err := plain(errors.New("traces export: failed to send to https://c.example.org/secret: 400 Bad Request (body: " + string(long) + ")"))
	assert.NotContains(t, err.Error(), "secret")
	assert.Contains(t, err.Error(), "400 Bad Request")
	assert.Less(t, len(err.Error()), 300)
}
