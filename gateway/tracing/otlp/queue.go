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

// queue hands spans that have ended to the SDK's own queue. That one does not tell what it drops, so
// this one hands over no more than fit there.
type queue struct {
	sdk.SpanProcessor
	*counts
}

// counts are what the two ends of the queue share.
type counts struct {
	meter   tracing.Meter
	waiting atomic.Int64 // spans that were handed over, and are not sent yet
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

// sender sends what the SDK takes out of its queue, by one goroutine.
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

// reportEvery is the time between two lines about a collector that is away.
const reportEvery = time.Minute

// report tells the log that spans are not taken, and that they are again.
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

// plain takes out of an error the URL, whose path may be secret, and most of what a long answer says.
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
