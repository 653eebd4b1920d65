// Package natsengine stores what gateways share and what must survive them: who is logged in and
// where, channel members, message routes, and records of media. It uses NATS with JetStream.
//
// Open runs a NATS server inside the process, with no open port and its data in one folder, or
// connects to an external cluster. Both use the same code above the connection.
package natsengine

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway/background"
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
	background background.Group
	heartbeats sync.WaitGroup
}

// Open starts an embedded server on opts.Dir and connects to it. If opts.Servers is set, it
// connects to that cluster instead.
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
	e.sessionState = &state{e: e, name: kvStream + sessionBucket, records: kvSubject + sessionBucket + ".", changes: presenceSubject}
	e.channelAttributes = &state{e: e, name: channelAttributeStream, records: channelAttributeSubject}
	e.drops.closing, e.drops.background = e.closing, &e.background
	e.drops.recover = func(since time.Time) { e.recovery.recover(since, atOnce) }
	e.webhook.opts, e.webhook.log = opts.Webhook, opts.Logger
	return e
}

// open connects, and creates the streams and buckets that do not exist yet.
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

// setup creates missing streams and buckets, and opens all of them.
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

// retryStart retries f while a cluster that has just started has no leaders yet.
func (e *Engine) retryStart(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	wait := retry.Backoff{First: 500 * time.Millisecond, Max: 4 * time.Second}
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

// Broken receives an error when the engine and the gateway must be closed and opened again.
func (e *Engine) Broken() <-chan error { return e.broken }

// Close closes the connection. It stops an embedded server after its files are flushed.
func (e *Engine) Close() {
	close(e.closing)
	e.heartbeats.Wait() // the heartbeat of a gateway that ends removes the gateway's key, which needs the connection
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
