package natsengine

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway/retry"
	"rtmwasm/gateway/webhook"
)

const (
	webhookConsumer = "hook"

	// webhookAckWait is how long after a gateway has taken an event NATS delivers it again, unless
	// the gateway finishes it or asks for more time.
	webhookAckWait = 30 * time.Second

	// webhookPoll is how long a request waits for the first event.
	webhookPoll = 5 * time.Second
)

// WebhookQueue returns the queue of events for the web hook, or nil without Options.Webhook.
func (e *Engine) WebhookQueue() webhook.Queue {
	if e.opts.Webhook == nil {
		return nil
	}
	return &webhookQueue{e}
}

// webhookQueue implements webhook.Queue. A lease decides which gateway takes events, so that they
// are sent in order.
type webhookQueue struct{ e *Engine }

var _ webhook.Queue = (*webhookQueue)(nil)

// Consume implements webhook.Queue.
func (q *webhookQueue) Consume(ctx context.Context, deliver func(context.Context, []webhook.Queued)) {
	wait := retry.ForEngine()
	for ctx.Err() == nil {
		l, err := q.e.acquire(ctx, webhookConsumer)
		if err == nil {
			wait.Reset()
			err = q.hold(ctx, l, deliver)
		}
		if err != nil && !isConflict(err) && !unanswered(err) && ctx.Err() == nil {
			q.e.opts.Logger.Warn("cannot read the events for the web hook: trying again", "error", err)
		}
		if !wait.Wait(ctx.Done()) {
			return
		}
	}
}

// hold takes events while the lease lasts. It renews the lease until no event is being delivered.
func (q *webhookQueue) hold(ctx context.Context, l *lease, deliver func(context.Context, []webhook.Queued)) error {
	held, lose := context.WithCancel(ctx)
	consumed := make(chan struct{})
	var current inFlight
	var renewing sync.WaitGroup
	renewing.Go(func() {
		defer lose()
		every := time.NewTicker(leaseRenew)
		defer every.Stop()
		for {
			select {
			case <-every.C:
				if current.extend(); !l.renew() {
					return
				}
			case <-consumed:
				return
			}
		}
	})
	err := q.consume(held, &current, deliver)
	q.confirm(current.lastDone())
	close(consumed)
	renewing.Wait()
	current.giveBack()
	l.release()
	return err
}

func (q *webhookQueue) consume(ctx context.Context, current *inFlight, deliver func(context.Context, []webhook.Queued)) error {
	consumer, err := q.newConsumer(ctx)
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		messages, err := fetchQueued(ctx, consumer)
		if err != nil || ctx.Err() != nil {
			giveBack(messages)
			return err
		}
		if len(messages) > 0 {
			deliver(ctx, current.take(messages))
			current.giveBack()
		}
	}
	return nil
}

// confirm waits until NATS has stored which events are done: acknowledgements are sent without waiting for an
// answer, and NATS forgets those it has not processed when it stops, or when the next holder of the lease
// replaces the consumer. NATS processes them in order, so it answers a repetition of the last one after all others.
func (q *webhookQueue) confirm(last jetstream.Msg) {
	if last == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), opTimeout)
	defer cancel()
	_, _ = q.e.nc.RequestWithContext(ctx, last.Reply(), nil) // if this fails, events may be delivered again
}

// newConsumer creates a consumer that begins with the oldest event, even if a former holder of the
// lease has taken that event and not finished it.
func (q *webhookQueue) newConsumer(ctx context.Context) (jetstream.Consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	if err := q.e.js.DeleteConsumer(ctx, webhookStream, webhookConsumer); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return nil, err
	}
	return q.e.js.CreateConsumer(ctx, webhookStream, jetstream.ConsumerConfig{
		Durable:       webhookConsumer,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       webhookAckWait,
		MaxAckPending: webhook.MaxEvents,
	})
}

// fetchQueued waits for an event, and returns it with the events behind it.
func fetchQueued(ctx context.Context, consumer jetstream.Consumer) ([]jetstream.Msg, error) {
	once, cancel := context.WithTimeout(ctx, webhookPoll)
	defer cancel()
	messages, err := fetched(consumer.Fetch(1, jetstream.FetchContext(once)))
	if err != nil || len(messages) == 0 || ctx.Err() != nil {
		return messages, err
	}
	more, err := fetched(consumer.FetchNoWait(webhook.MaxEvents - 1))
	return append(messages, more...), err
}

func fetched(batch jetstream.MessageBatch, err error) (messages []jetstream.Msg, _ error) {
	if err != nil {
		return nil, err
	}
	for m := range batch.Messages() {
		messages = append(messages, m)
	}
	if err = batch.Error(); errors.Is(err, nats.ErrTimeout) || timedOut(err) || errors.Is(err, context.Canceled) { // no message came
		err = nil
	}
	return messages, err
}

// giveBack returns events to the queue at once.
func giveBack(messages []jetstream.Msg) {
	for _, m := range messages {
		_ = m.Nak() // if this fails, they come again after webhookAckWait
	}
}

// inFlight holds the events that are being delivered.
type inFlight struct {
	mu       sync.Mutex // guards the rest
	messages map[jetstream.Msg]bool
	last     jetstream.Msg // the last one that was done, or nil
}

// take records messages as being delivered, and returns their events.
func (h *inFlight) take(messages []jetstream.Msg) []webhook.Queued {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.messages = make(map[jetstream.Msg]bool, len(messages))
	events := make([]webhook.Queued, len(messages))
	for i, m := range messages {
		h.messages[m] = true
		events[i] = webhook.Queued{Data: m.Data(), At: time.Now(), Done: func() { h.done(m) }}
		if about, err := m.Metadata(); err == nil {
			events[i].At = about.Timestamp
		}
	}
	return events
}

func (h *inFlight) done(m jetstream.Msg) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.messages, m)
	_ = m.Ack() // if this fails, the event is delivered again
	h.last = m
}

// lastDone returns the last event that was done, or nil.
func (h *inFlight) lastDone() jetstream.Msg {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last
}

// extend tells NATS that the events are still being delivered.
func (h *inFlight) extend() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for m := range h.messages {
		_ = m.InProgress() // if this fails, they come again
	}
}

func (h *inFlight) giveBack() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for m := range h.messages {
		_ = m.Nak()
	}
	clear(h.messages)
}
