package otlp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"

	"rtmwasm/gateway/tracing"
)

// queue passes spans that have ended to the SDK's own queue. The SDK does not report spans that it drops,
// so queue never passes more than fit.
type queue struct {
	sdk.SpanProcessor
	*counts
}

// counts is shared by both ends of the queue.
type counts struct {
	meter   tracing.Meter
	waiting atomic.Int64 // spans in the SDK's queue
}

// OnEnd implements sdk.SpanProcessor. It does not block.
func (q *queue) OnEnd(s sdk.ReadOnlySpan) {
	if !s.SpanContext().IsSampled() {
		return
	}
	if q.waiting.Add(1) > queueLength {
		q.waiting.Add(-1)
		q.meter.SpansDropped(tracing.QueueFull, 1)
		return
	}
	q.SpanProcessor.OnEnd(s)
}

// sender sends the spans from the SDK's queue. One goroutine uses it.
type sender struct {
	sdk.SpanExporter
	*counts
	open   context.Context // ends with Close
	report report
}

// ExportSpans implements sdk.SpanExporter. It reports errors itself: the SDK would do so for each batch.
func (s *sender) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.open, cancel)()
	err := s.SpanExporter.ExportSpans(ctx, spans)
	s.waiting.Add(-int64(len(spans)))
	if err != nil {
		s.meter.SpansDropped(tracing.NotTaken, len(spans))
	} else {
		s.meter.SpansSent(len(spans))
	}
	s.report.note(err)
	return nil
}

// reportEvery is the least time between two log lines about a collector that does not accept spans.
const reportEvery = time.Minute

// report logs that the collector does not accept spans, and that it accepts them again.
type report struct {
	log    *slog.Logger
	at     string
	failed bool
	logged time.Time
}

func (r *report) note(err error) {
	switch {
	case err == nil && r.failed:
		r.failed = false
		r.log.Info("the collector takes traces again", "at", r.at)
	case err == nil:
	default:
		r.failed = true
		if now := time.Now(); now.Sub(r.logged) >= reportEvery {
			r.logged = now
			r.log.Warn("the collector does not take traces: they are dropped", "at", r.at, "error", plain(err))
		}
	}
}

// plain removes the URL from an error, because its path may be secret, and shortens a long text.
func plain(err error) error {
	if err == nil {
		return nil
	}
	if e := (*url.Error)(nil); errors.As(err, &e) {
		return fmt.Errorf("send traces: %w", e.Err)
	}
	text := err.Error()
	if _, rest, found := strings.Cut(text, "failed to send to "); found {
		if _, status, found := strings.Cut(rest, ": "); found {
			text = "send traces: " + status
		}
	}
	if len(text) > 200 {
		text = strings.ToValidUTF8(text[:200], "") + "…"
	}
	return errors.New(text)
}
