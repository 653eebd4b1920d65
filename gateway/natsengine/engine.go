// Package natsengine keeps what a gateway must share or outlive: who is logged in
// and where, channel members, message routes, and media. It does so on NATS
// with JetStream.
//
// Open runs a NATS server inside the process, with no port open and its data in one
// folder. Everything above the connection is the same for an external cluster.
package natsengine

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway/diskspace"
	"rtmwasm/gateway/retry"
)

// Engine is a connection to NATS and the buckets and streams a gateway uses.
type Engine struct {
	id string // unique among engines
	nc *nats.Conn
	js streams

	records *mediaRecords
	keys    mediaKeys

	sessions, gateways, userAttributes, bans, sentOnce jetstream.KeyValue
	members, channelAttributes                         *state
	sessionState                                       *state // of the bucket of sessions
	mail                                               jetstream.Stream
	mailReserve                                        *diskspace.Reserve

	dispatcher *dispatcher
	requests   *requestMux
	peers      peers
	identity   identity
	recovery   recovery
	drops      drops
	deliveries pendingDeliveries
	fence      fence
	webhook    webhookEvents

	embedded   *embedded // nil when the server is elsewhere
	opts       Options
	closing    chan struct{}
	broken     chan error
	background sync.WaitGroup
	heartbeats sync.WaitGroup
}

// Open starts an embedded server on opts.Dir and connects to it, or connects to the
// cluster of opts.Servers.
func Open(ctx context.Context, opts Options) (*Engine, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	e := newEngine(opts)
	if opts.Dir != "" {
		if e.embedded, err = startEmbedded(opts.Dir); err != nil {
			return nil, err
		}
	}
	if err := e.open(ctx); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

func newEngine(opts Options) *Engine {
	e := &Engine{id: rand.Text(), opts: opts, closing: make(chan struct{}), broken: make(chan error, 1)}
	e.recovery.e = e
	e.members = &state{e: e, name: memberStream, records: memberSubject, changes: memberChanges}
	e.channelAttributes = &state{e: e, name: channelAttributeStream, records: channelAttributeSubject}
	e.drops.closing, e.drops.background = e.closing, &e.background
	e.drops.recover = func(since time.Time) { e.recovery.recover(since, atOnce) }
	e.webhook.opts, e.webhook.log = opts.Webhook, opts.Logger
	return e
}

// open connects and makes the streams and buckets that do not exist yet.
func (e *Engine) open(ctx context.Context) (err error) {
	if e.nc, err = e.dial("rtm-gateway", e.recovery.options()...); err != nil {
		return err
	}
	if err := e.useJetStream(); err != nil {
		return err
	}
	if e.requests, err = newRequestMux(e.nc); err != nil {
		return fmt.Errorf("natsengine: subscribe to answers: %w", err)
	}
	if err := e.deliveries.open(e); err != nil {
		return err
	}
	e.dispatcher = newDispatcher(e.nc, e.drops.note)
	e.fence.open(e)
	return e.retryStart(ctx, e.setup)
}

func (e *Engine) useJetStream() error {
	js, err := jetstream.New(e.nc)
	if err != nil {
		return fmt.Errorf("natsengine: JetStream: %w", err)
	}
	e.js = streams{js, e.opts, e.opts.replicas(e.nc)}
	return nil
}

// setup makes the streams and buckets that do not exist yet, and opens all.
func (e *Engine) setup(ctx context.Context) error {
	changes, err := e.js.ensure(ctx)
	if err != nil {
		return fmt.Errorf("natsengine: %w", err)
	}
	for _, open := range []func(context.Context) error{e.openBuckets, e.openMail, e.openRecords, e.openKeys, e.identify} {
		if err := open(ctx); err != nil {
			return fmt.Errorf("natsengine: %w", err)
		}
	}
	e.warn(changes)
	return nil
}

// retryStart tries again while a cluster that has just started has no leaders yet.
func (e *Engine) retryStart(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	wait := retry.Backoff{First: 500 * time.Millisecond, Most: 4 * time.Second}
	err := f(ctx)
	for err != nil && e.embedded == nil {
		e.opts.Logger.Warn("the cluster is not ready: trying again", "error", err)
		if !wait.Wait(ctx.Done()) {
			return err
		}
		err = f(ctx)
	}
	return err
}

// Broken gets an error when the engine must be opened anew, and the gateway with it.
func (e *Engine) Broken() <-chan error { return e.broken }

// Close drops the connection and stops an embedded server, its files flushed.
func (e *Engine) Close() {
	close(e.closing)
	e.heartbeats.Wait() // a gateway that was told to end removes its key while there is a connection
	if e.nc != nil {
		e.nc.Close()
	}
	e.background.Wait()
	if e.dispatcher != nil {
		e.dispatcher.close()
	}
	if e.embedded != nil {
		e.embedded.stop()
	}
}
