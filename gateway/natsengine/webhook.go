package natsengine

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway/event"
	"rtmwasm/gateway/webhook"
)

// Events for the web hook wait in one work queue. All gateways add to it, and one gateway at a time
// takes from it: see webhookqueue.go. A full queue refuses new events, so that lost events are
// counted and the waiting ones stay complete.
const (
	webhookStream  = "RTM_WEBHOOK"
	webhookSubject = "rtm.webhook."
)

// DefaultWebhookBytes is the default of WebhookOptions.MaxBytes.
const DefaultWebhookBytes = 64 << 20

// webhookSpare is how much longer the stream keeps an event than a gateway would send it. Gateways
// normally remove old events, and count them; the stream drops them only if no gateway does.
const webhookSpare = 24 * time.Hour

// WebhookOptions says which events are queued for the web hook, and for how long.
type WebhookOptions struct {
	Selection webhook.Selection

	// MaxAge must be that of the webhook.Sender; 0 means webhook.DefaultMaxAge.
	MaxAge time.Duration

	// MaxBytes limits the queue; 0 means DefaultWebhookBytes. An event takes about 300 bytes, or up
	// to 200 KiB with its message's content.
	MaxBytes int64

	// Meter counts queued and lost events; nil means no counting.
	Meter webhook.Meter
}

func (w *WebhookOptions) withDefaults() *WebhookOptions {
	if w == nil {
		return nil
	}
	full := *w
	full.MaxAge = cmp.Or(full.MaxAge, webhook.DefaultMaxAge)
	full.MaxBytes = cmp.Or(full.MaxBytes, DefaultWebhookBytes)
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

// webhookEvents adds events to the queue.
type webhookEvents struct {
	opts *WebhookOptions // nil if there is no web hook
	log  *slog.Logger

	mu     sync.Mutex // guards the rest
	lost   int        // since the last log line
	logged time.Time
}

// message encodes an event for the queue. It returns nil if the hook does not want it.
func (w *webhookEvents) message(ev event.Event) (*nats.Msg, error) {
	if w.opts == nil || !w.opts.Selection.Has(ev.Kind) {
		return nil, nil
	}
	value, err := webhook.Encode(ev, w.opts.Selection.Content)
	m := &nats.Msg{Subject: webhookSubject + ev.User.App, Data: value, Header: nats.Header{}}
	m.Header.Set(jetstream.MsgIDHeader, ev.ID)
	return m, err
}

// queued counts an event. It logs lost events, at most once a minute.
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

// tellWebhook queues an event if the hook wants it.
func (e *Engine) tellWebhook(ev event.Event) {
	m, err := e.webhook.message(ev)
	if err == nil && m != nil {
		var full error // not retried: that would only add load
		err = e.publish(m, captureTries, func(answer *nats.Msg) error {
			err := wasStored(answer)
			if reachedLimit(err, limitOfBytes) {
				full, err = err, nil
			}
			return err
		}, func(err error) { e.webhook.queued(cmp.Or(err, full)) })
	}
	if err != nil {
		e.webhook.queued(err)
	}
}

// tellWebhookOnce queues an event that several gateways may queue. It returns an error if another
// attempt may help.
func (e *Engine) tellWebhookOnce(ctx context.Context, ev event.Event) error {
	m, err := e.webhook.message(ev)
	if err == nil && m != nil {
		_, err = e.js.PublishMsg(ctx, m)
	}
	if m != nil && (err == nil || errors.As(err, new(*jetstream.APIError))) { // a full queue must not stop the caller
		e.webhook.queued(err)
		return nil
	}
	return err
}
