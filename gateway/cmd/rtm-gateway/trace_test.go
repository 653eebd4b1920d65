package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The end sends what waits, however slow the machine is.
func TestTheEndSendsTraces(t *testing.T) {
	var batches atomic.Int32
	collector := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { batches.Add(1) }))
	t.Cleanup(collector.Close)
	var out bytes.Buffer
	o := traceOptions{url: traceURL(collector.URL), ratio: 1, flush: time.Hour}
	tracer, _, stop, err := o.open(t.Context(), nil, slog.New(slog.NewTextHandler(&out, nil)))
	require.NoError(t, err)
	_, span := tracer.Start(t.Context(), "request")
	span.End()
	stop()
	assert.EqualValues(t, 1, batches.Load())
	assert.NotContains(t, out.String(), "were not sent")
}
