// Package natsengine keeps what a gateway must share or outlive: who is logged in
// and where, channel members, message routes, and media. It does so on NATS
// with JetStream.
//
// Open runs a NATS server inside the process, with no port open and its data in one
// folder. Everything above the connection is the same for an external cluster.
package natsengine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/core"
)

// Options say where the engine lives. The zero value of each field but Dir is usable.
type Options struct {
	// Dir holds all data. It is created if missing and belongs to one process at a time.
	Dir string

	// MediaMaxAge is how long media stays readable; 0 means core.MediaLifetime.
	MediaMaxAge time.Duration

	// GatewayLife is how long a gateway that has stopped without a word counts as
	// alive; 0 means core.SessionTimeout, what one of its users would be given. Less
	// than 1 s is taken as 1 s.
	GatewayLife time.Duration

	// AttributeLife is how long channel attributes outlive the last write to them; in a
	// channel with members they are renewed. 0 means 7 min.
	AttributeLife time.Duration

	// Logger gets what the connection to NATS reports; nil means slog.Default().
	Logger *slog.Logger
}

// Engine is a connection to NATS and the buckets and streams a gateway uses.
type Engine struct {
	nc *nats.Conn
	js jetstream.JetStream

	media *mediaStore

	sessions, members, gateways       jetstream.KeyValue
	userAttributes, channelAttributes jetstream.KeyValue
	mail                              jetstream.Stream

	dispatcher *dispatcher
	asker      *asker

	embedded   *embedded // nil when the server is elsewhere
	opts       Options
	closing    chan struct{}
	background sync.WaitGroup
}

// Open starts an embedded server on opts.Dir and connects to it.
func Open(ctx context.Context, opts Options) (*Engine, error) {
	if opts.Dir == "" {
		return nil, errors.New("natsengine: no data folder given")
	}
	if opts.MediaMaxAge == 0 {
		opts.MediaMaxAge = core.MediaLifetime
	}
	if opts.GatewayLife == 0 {
		opts.GatewayLife = core.SessionTimeout
	}
	if opts.AttributeLife == 0 {
		opts.AttributeLife = attributeLife
	}
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	srv, err := startEmbedded(opts.Dir)
	if err != nil {
		return nil, err
	}
	nc, err := nats.Connect("", nats.InProcessServer(srv), nats.Name("rtm-gateway"),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			opts.Logger.Error("nats", "error", err)
		}))
	if err != nil {
		srv.stop()
		return nil, fmt.Errorf("natsengine: connect: %w", err)
	}
	e := &Engine{nc: nc, embedded: srv, opts: opts, closing: make(chan struct{})}
	if err := e.setup(ctx); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// setup makes the streams and buckets that do not exist yet.
func (e *Engine) setup(ctx context.Context) (err error) {
	e.js, err = jetstream.New(e.nc)
	if err != nil {
		return fmt.Errorf("natsengine: JetStream: %w", err)
	}
	for _, setup := range []func(context.Context) error{e.setupShared, e.setupHistory, e.setupMail} {
		if err := setup(ctx); err != nil {
			return err
		}
	}
	return e.setupMedia(ctx)
}

// Close drops the connection and stops an embedded server, its files flushed.
func (e *Engine) Close() {
	close(e.closing)
	e.media.close()
	e.nc.Close()
	e.background.Wait()
	if e.dispatcher != nil {
		e.dispatcher.close()
	}
	if e.embedded != nil {
		e.embedded.stop()
	}
}
