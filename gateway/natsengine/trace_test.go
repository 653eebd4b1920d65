package natsengine

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"rtmwasm/gateway/id"
	"rtmwasm/gateway/session"
	"rtmwasm/gateway/tracing"
)

// What another gateway does for a traced request is on the same trace, and no span has a name of a user.
func TestTracesGoOnAtOtherGateways(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	tracer := sdk.NewTracerProvider(sdk.WithSpanProcessor(spans)).Tracer(tracing.Name)
	e := openEngine(t, Options{Tracer: tracer})
	stop, err := e.ListenEvictions("there", func(session.Eviction) {})
	require.NoError(t, err)
	defer stop()
	require.NoError(t, e.MediaGateways().Listen("there", func(question []byte, answer func([]byte)) { answer(question) }))
	alice := id.User{App: testApp, ID: "alice-in-person"}
	do := func(ctx context.Context) {
		_, err := e.Claim(ctx, alice, always(session.Record{Session: "s", Gateway: "there", LineageID: "s"}))
		require.NoError(t, err)
		require.NoError(t, e.Evict(ctx, "there", session.Eviction{Session: "s"}))
		_, err = e.MediaGateways().Ask(ctx, "there", []byte("x"))
		require.NoError(t, err)
	}
	do(t.Context())
	assert.Empty(t, spans.Ended(), "nothing is traced")

	ctx, root := tracer.Start(t.Context(), "request")
	do(ctx)
	names := func() (all []string) {
		for _, s := range spans.Ended() {
			all = append(all, s.Name())
		}
		return all
	}
	require.Eventually(t, func() bool { // what answers may end after who asked
		all := names()
		return count(all, "nats ask_gateway") == 2 && count(all, "answer gateway evict") == 1 && count(all, "answer gateway media") == 1
	}, time.Minute, 10*time.Millisecond)
	assert.Contains(t, names(), "nats kv_get")
	assert.Contains(t, names(), "nats kv_update")
	byID := map[string]string{}
	for _, s := range spans.Ended() {
		byID[s.SpanContext().SpanID().String()] = s.Name()
	}
	for _, s := range spans.Ended() {
		assert.Equal(t, root.SpanContext().TraceID(), s.SpanContext().TraceID(), s.Name())
		if strings.HasPrefix(s.Name(), "answer") {
			assert.Equal(t, "nats ask_gateway", byID[s.Parent().SpanID().String()])
		}
		for _, a := range s.Attributes() {
			assert.NotContains(t, a.Value.Emit(), "alice")
		}
	}
}

// An answer of NATS that something is not there, or is not as expected, is no failure.
func TestAnswersAreNoFailures(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	ctx, _ := sdk.NewTracerProvider(sdk.WithSpanProcessor(spans)).Tracer(tracing.Name).Start(t.Context(), "request")
	bucket, err := openEngine(t, Options{}).js.KeyValue(t.Context(), sessionBucket)
	require.NoError(t, err)
	for key, want := range map[string]error{"missing": jetstream.ErrKeyNotFound, "not a key": jetstream.ErrInvalidKey} {
		_, err := bucket.Get(ctx, key)
		require.ErrorIs(t, err, want)
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	_, err = bucket.Get(gone, "missing")
	require.ErrorIs(t, err, context.Canceled)
	var statuses []codes.Code
	for _, s := range spans.Ended() {
		statuses = append(statuses, s.Status().Code)
	}
	assert.Equal(t, []codes.Code{codes.Unset, codes.Unset, codes.Error}, statuses)
}

func count(all []string, name string) (n int) {
	for _, one := range all {
		if one == name {
			n++
		}
	}
	return n
}
