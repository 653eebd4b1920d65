package natsengine

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway/event"
	"rtmwasm/gateway/webhook"
)

// Events for the web hook wait in one work queue, which all gateways fill, and one at a time
// empties: see webhookqueue.go. A queue that is full refuses what comes, so that what is lost is
// counted and what waits stays complete.
const (
	webhookStream  = "RTM_WEBHOOK"
	webhookSubject = "rtm.webhook."
)

// DefaultWebhookBytes is the zero value of WebhookOptions.MaxBytes.
const DefaultWebhookBytes = 64 << 20

// webhookSpare is how much longer the stream keeps an event than a gateway would send it: where no gateway
// sends events any more, they go in the end.
const webhookSpare = 24 * time.Hour

// WebhookOptions say which events are kept for the web hook, and for how long.
type WebhookOptions struct {
	Selection webhook.Selection

	// MaxAge must be that of the webhook.Sender; 0 means webhook.DefaultMaxAge.
	MaxAge time.Duration

	// MaxBytes is how much the queue holds; 0 means DefaultWebhookBytes. An event has some 300
	// bytes, or with its message's content up to 200 KiB.
	MaxBytes int64

	// Meter counts what is queued or lost; nil means that nobody does.
	Meter webhook.Meter
}

func (w *WebhookOptions) withDefaults() *WebhookOptions {
	if w == nil {
		return nil
	}
	full := *w
	setDefault(&full.MaxAge, webhook.DefaultMaxAge)
	if full.MaxBytes == 0 {
		full.MaxBytes = DefaultWebhookBytes
	}
	if full.Meter == nil {
		full.Meter = webhook.NoMeter{}
	}
	return &full
}

func (w *WebhookOptions) configs() []jetstream.StreamConfig {
	return []jetstream.StreamConfig{
		{
			Name:      webhookStream,
			Subjects:  []string{webhookSubject + ">"},
			Storage:   jetstream.FileStorage,
			Retention: jetstream.WorkQueuePolicy,
			Discard:   jetstream.DiscardNew,
			MaxBytes:  w.MaxBytes,
			MaxAge:    w.MaxAge + webhookSpare,
		},
		bucketConfig(leaseBucket, jetstream.MemoryStorage, leaseLife, 0),
	}
}

// webhookEvents puts events into the queue.
type webhookEvents struct {
	opts *WebhookOptions // nil: there is no hook
	log  *slog.Logger

	mu     sync.Mutex // guards the rest
	lost   int        // since the last line of the log
	logged time.Time
}

// message is an event for the queue, nil if the hook is not told of it.
func (w *webhookEvents) message(ev event.Event) (*nats.Msg, error) {
	if w.opts == nil || !w.opts.Selection.Has(ev.Kind) {
		return nil, nil
	}
	value, err := webhook.Encode(ev, w.opts.Selection.Content)
	m := &nats.Msg{Subject: webhookSubject + ev.User.App, Data: value, Header: nats.Header{}}
	m.Header.Set(jetstream.MsgIDHeader, ev.ID)
	return m, err
}

// queued counts an event, and logs at most once in a minute that events are lost.
func (w *webhookEvents) queued(err error) {
	if err == nil {
		w.opts.Meter.WebhookEvents(webhook.Accepted, 1)
		return
	}
	w.opts.Meter.WebhookEvents(webhook.Lost, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lost++
	if time.Since(w.logged) >= time.Minute {
		w.log.Error("events for the web hook are lost: they cannot be queued", "events", w.lost, "error", err)
		w.lost, w.logged = 0, time.Now()
	}
}

// tellWebhook queues an event where the hook is to be told of it.
func (e *Engine) tellWebhook(ev event.Event) {
	m, err := e.webhook.message(ev)
	if err == nil && m != nil {
		var full error // not tried again: that would only add to the load
		err = e.publish(m, captureTries, func(answer *nats.Msg) error {
			err := wasStored(answer)
			if isFull(err) {
				full, err = err, nil
			}
			return err
		}, func(err error) { e.webhook.queued(cmp.Or(err, full)) })
	}
	if err != nil {
		e.webhook.queued(err)
	}
}

// isFull reports whether a stream that discards what is new has no room.
func isFull(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == codeStoreFailure && strings.Contains(api.Description, "maximum bytes")
}

// tellWebhookOnce queues an event that several gateways may tell. It returns an error where telling it
// again may help.
func (e *Engine) tellWebhookOnce(ctx context.Context, ev event.Event) error {
	m, err := e.webhook.message(ev)
	if err == nil && m != nil {
		_, err = e.js.PublishMsg(ctx, m)
	}
	if m != nil && (err == nil || errors.As(err, new(*jetstream.APIError))) { // a full queue must not keep what else is to be done
		e.webhook.queued(err)
		return nil
	}
	return err
}
