package tracing

// Meter counts spans.
type Meter interface {
	// SpansSent counts spans that the collector accepted.
	SpansSent(n int)
	// SpansDropped counts spans that were dropped for a reason.
	SpansDropped(r Reason, n int)
}

// Reason is why spans are dropped.
type Reason string

// Reasons.
const (
	QueueFull Reason = "queue_full" // the collector is too slow, or does not answer
	NotTaken  Reason = "not_taken"  // it refused them, or did not answer in time
)

// Reasons has all reasons.
var Reasons = []Reason{QueueFull, NotTaken}
