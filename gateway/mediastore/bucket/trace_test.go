package bucket_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"rtmwasm/gateway/media"
	"rtmwasm/gateway/tracing"
)

// A traced request has a span for each request to the bucket. That a file is not there is no failure.
func TestRequestsAreTraced(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	tracer := sdk.NewTracerProvider(sdk.WithSpanProcessor(spans)).Tracer(tracing.Name)
	files := open(t, newBucket(t).URL)
	key := newKey(time.Now())
	_, err := files.Stat(t.Context(), app, key)
	require.ErrorIs(t, err, media.ErrNotFound)
	require.Empty(t, spans.Ended())
	ctx, root := tracer.Start(t.Context(), "request")
	_, err = files.Stat(ctx, app, key)
	require.ErrorIs(t, err, media.ErrNotFound)
	all := spans.Ended()
	require.Len(t, all, 1)
	assert.Equal(t, "s3 GetObject", all[0].Name())
	assert.Equal(t, root.SpanContext().SpanID(), all[0].Parent().SpanID())
	assert.Equal(t, codes.Unset, all[0].Status().Code)
	for _, a := range all[0].Attributes() {
		assert.NotContains(t, a.Value.Emit(), key)
	}
}
