package webhook

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/trace"

	"rtmwasm/gateway/retry"
	"rtmwasm/gateway/tracing"
)

// Queued is an event that the hook has not accepted yet.
type Queued struct {
	Data []byte    // as Encode made it
	At   time.Time // when it was queued

	// Done removes it from the queue.
	Done func()
}

// Queue keeps events for the hook. All gateways share it.
type Queue interface {
	// Consume calls deliver with events, oldest first, until ctx ends. Only one gateway at a time
	// delivers, with one call at a time. Events that are not done when deliver returns are delivered
	// again, by this or another gateway. The context of a call ends when another gateway may get its events.
	Consume(ctx context.Context, deliver func(ctx context.Context, events []Queued))
}

// Result is the outcome of an event.
type Result string

// Results.
const (
	Accepted  Result = "queued"    // it is in the queue
	Lost      Result = "lost"      // it could not be queued
	Delivered Result = "delivered" // the hook accepted it
	Dead      Result = "dead"      // it was too old or too large for the hook, or the hook finally refused it
)

// Results are all values of Result.
var Results = []Result{Accepted, Lost, Delivered, Dead}

// Meter counts events and requests. It must be safe for concurrent use.
type Meter interface {
	WebhookEvents(r Result, n int)

	// WebhookCall counts one request. status is "2xx" to "5xx", or "none" if no answer came.
	WebhookCall(status string, took time.Duration)

	// WebhookOldest reports the age of the oldest event in a batch that the hook did not accept, or 0 if
	// this gateway has no such batch.
	WebhookOldest(age time.Duration)
}

// NoMeter counts nothing.
type NoMeter struct{}

// WebhookEvents implements Meter, as do the methods that follow.
func (NoMeter) WebhookEvents(Result, int)         {}
func (NoMeter) WebhookCall(string, time.Duration) {}
func (NoMeter) WebhookOldest(time.Duration)       {}

// Statuses are the values that Meter.WebhookCall gets.
var Statuses = []string{"none", "2xx", "3xx", "4xx", "5xx"}

// Defaults of a Config.
const (
	DefaultTimeout = 10 * time.Second
	DefaultMaxAge  = 24 * time.Hour
	DefaultGrace   = 5 * time.Second
)

// Limits of a batch.
const (
	MaxEvents    = 100
	maxBodyBytes = 512 << 10 // unless a single event has more
)

// Config has the settings of a Sender.
type Config struct {
	Target
	Queue Queue

	// MaxAge is how long an event waits for the hook before it is dropped; 0 means
	// DefaultMaxAge.
	MaxAge time.Duration

	// Grace is how long a running call may continue after Run's context has ended, or when another
	// gateway may soon get the events; 0 means DefaultGrace. Events of an interrupted call are posted again.
	Grace time.Duration

	// Tracer records a trace for each call. The hook gets its id in the header traceparent. nil means no traces.
	Tracer trace.Tracer

	// Meter counts events; nil means that nothing is counted.
	Meter Meter

	// Logger gets a line when the hook fails, at most one a minute, and when it accepts events again. nil means
	// slog.Default().
	Logger *slog.Logger
}

// Sender posts events to the hook.
type Sender struct {
	config Config
	client *client
	wait   retry.Backoff

	failing  time.Time // since when; zero: the hook took the last batch
	logged   time.Time // when that was logged last
	most     int       // most events in a batch; it shrinks when the hook says that a batch is too large
	lastFail error
}

// NewSender returns an error if c is invalid.
func NewSender(c Config) (*Sender, error) {
	if c.Queue == nil {
		return nil, errors.New("webhook: Config.Queue is missing")
	}
	if c.MaxAge == 0 {
		c.MaxAge = DefaultMaxAge
	}
	if c.Grace == 0 {
		c.Grace = DefaultGrace
	}
	if c.Meter == nil {
		c.Meter = NoMeter{}
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	client, err := newClient(c.Target)
	if err != nil {
		return nil, err
	}
	return &Sender{config: c, client: client, wait: retry.Backoff{First: time.Second, Max: time.Minute}, most: MaxEvents}, nil
}

// Run posts events until ctx ends. A request that is running then has Config.Grace to end.
func (s *Sender) Run(ctx context.Context) { s.config.Queue.Consume(ctx, s.deliver) }

// deliver returns when all events are done, or ctx ends.
func (s *Sender) deliver(ctx context.Context, events []Queued) {
	defer s.config.Meter.WebhookOldest(0) // another gateway will deliver the events that are not done
	for ctx.Err() == nil {
		if events = s.dropOld(events); len(events) == 0 {
			return
		}
		batch := events[:s.fitting(events)]
		result, pause := s.try(ctx, batch)
		switch result {
		case taken:
			s.finish(batch, Delivered)
			events = events[len(batch):]
		case dropped:
			s.finish(batch, Dead)
			events = events[len(batch):]
		case smaller:
			s.most = len(batch) / 2
		case again:
			sleep(ctx, pause)
		}
	}
}

// dropOld drops events that are older than Config.MaxAge. The oldest event is the first.
func (s *Sender) dropOld(events []Queued) []Queued {
	n := 0
	for n < len(events) && time.Since(events[n].At) > s.config.MaxAge {
		n++
	}
	if n > 0 {
		s.config.Logger.Error("events for the web hook are too old: they are dropped", "events", n, "max age", s.config.MaxAge, "error", s.lastFail)
		s.finish(events[:n], Dead)
	}
	return events[n:]
}

func (s *Sender) finish(events []Queued, r Result) {
	for _, e := range events {
		e.Done()
	}
	s.config.Meter.WebhookEvents(r, len(events))
}

// fitting returns how many of the events fit into a batch.
func (s *Sender) fitting(events []Queued) int {
	size := 0
	for i, e := range events {
		if size += len(e.Data) + 1; i == s.most || i > 0 && size > maxBodyBytes {
			return i
		}
	}
	return len(events)
}

// try posts a batch once. pause is how long to wait before the next attempt.
func (s *Sender) try(ctx context.Context, batch []Queued) (result verdict, pause time.Duration) {
	began := time.Now()
	// The call does not end at once with ctx: the hook may have accepted the events, and would get them twice.
	late, cancel := withGrace(ctx, s.config.Grace)
	late, span := tracing.StartRoot(late, s.config.Tracer, "webhook batch") // a new trace: the events come from many requests that have ended
	span.SetInt("rtm.events", len(batch))
	a, err := s.client.post(late, body(batch))
	cancel()
	a.events = len(batch)
	defer func() { span.End(err) }()
	s.config.Meter.WebhookCall(class(a.status), time.Since(began))
	if err == nil {
		err = explain(a.status)
	}
	switch result = judge(a); result {
	case taken:
		s.recovered()
		return result, 0
	case smaller: // not a failure of the hook
		return result, 0
	case dropped:
		s.config.Logger.Warn("events for the web hook are dropped", "events", len(batch), "error", err)
		return result, 0
	}
	s.failed(err, batch)
	return result, waitFor(a, s.wait.Next())
}

func (s *Sender) recovered() {
	if !s.failing.IsZero() {
		s.config.Logger.Info("the web hook accepts events again", "after", time.Since(s.failing).Round(time.Second))
	}
	s.failing, s.logged, s.most, s.lastFail = time.Time{}, time.Time{}, min(2*s.most, MaxEvents), nil
	s.wait.Reset()
}

func (s *Sender) failed(err error, batch []Queued) {
	now := time.Now()
	if s.lastFail = err; s.failing.IsZero() {
		s.failing = now
	}
	age := now.Sub(batch[0].At)
	s.config.Meter.WebhookOldest(age)
	if now.Sub(s.logged) >= time.Minute {
		s.logged = now
		s.config.Logger.Warn("the web hook does not accept events: trying again", "error", err, "oldest event", age.Round(time.Second))
	}
}

// body returns the body of a request.
func body(batch []Queued) []byte {
	all := make([][]byte, len(batch))
	for i, e := range batch {
		all[i] = e.Data
	}
	return append(append([]byte(`{"events":[`), bytes.Join(all, []byte(","))...), "]}"...)
}

// withGrace returns a context that ends grace after ctx has ended, or when it is canceled.
func withGrace(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() {
		sleep(late, grace)
		cancel()
	})
	return late, cancel
}

// sleep waits for d or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
