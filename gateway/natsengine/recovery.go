package natsengine

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"rtmwasm/core"
	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/retry"
)

// A server of the cluster that is silent for about 6 s is replaced by another one.
const (
	natsPing      = 2 * time.Second
	natsPingsLost = 2
)

// detectionDelay is the longest time between losing the connection and noticing it.
const detectionDelay = (natsPingsLost + 1) * natsPing

// First and longest wait between two attempts to read what was missed.
const (
	recoveryPause = 500 * time.Millisecond
	recoveryMost  = 4 * time.Second
)

// recovery finds out what was missed while the connection to the cluster was lost. It reads channel
// messages from the history, and calls the gateway for the rest.
type recovery struct {
	e *Engine

	mu       sync.Mutex // guards the rest
	channels map[channel.ID]*deduplicator
	lostAt   time.Time // zero while connected
	onReturn func()    // the parameter returned of RegisterGateway
}

func (c *recovery) listen(id channel.ID, h *deduplicator) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.channels == nil {
		c.channels = map[channel.ID]*deduplicator{}
	}
	c.channels[id] = h
}

// unlisten removes the listener h of a channel. If a newer one has begun meanwhile, that one stays.
func (c *recovery) unlisten(id channel.ID, h *deduplicator) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.channels[id] == h {
		delete(c.channels, id)
	}
}

func (c *recovery) forget(id channel.ID) {
	c.mu.Lock()
	h := c.channels[id]
	c.mu.Unlock()
	if h != nil {
		h.forget()
	}
}

// listened returns the channels that are listened to.
func (c *recovery) listened() []channel.ID {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(maps.Keys(c.channels))
}

func (c *recovery) setOnReturn(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onReturn = f
}

func (c *recovery) lost() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lostAt.IsZero() {
		c.lostAt = time.Now()
	}
}

// Waits before the reads of the history after a loss. One read at once is enough, unless this
// gateway's server was separated from the others: then later reads find what it gets from them.
var (
	atOnce    = []time.Duration{0}
	untilSure = []time.Duration{0, 2 * time.Second, 4 * time.Second}
)

// back ends a loss and recovers in the background. It does not block, because the NATS client calls
// it.
func (c *recovery) back(after []time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lostAt.IsZero() {
		return // this loss was recovered already
	}
	since := c.lostAt
	c.lostAt = time.Time{}
	c.e.background.Go(func() { c.recover(since, after) })
}

// recover passes on what was sent to channels since a time, and calls the gateway for the rest. It
// returns when that is done, or when the engine is closed.
func (c *recovery) recover(since time.Time, after []time.Duration) {
	if c.e.stateGone() {
		return
	}
	c.mu.Lock()
	onReturn := c.onReturn
	c.mu.Unlock()
	channels := c.listened()
	c.e.fence.forget()
	since = since.Add(-detectionDelay - core.MissedOverlap)
	for i, wait := range after {
		select {
		case <-time.After(wait):
		case <-c.e.closing:
			return
		}
		retry.Each(channels, retry.Recoveries, func(id channel.ID) { c.catchUp(id, since) })
		if i == 0 && onReturn != nil {
			onReturn()
		}
	}
}

// stateGone waits until it is known whether what gateways share still exists.
func (e *Engine) stateGone() bool {
	wait := retry.Backoff{First: recoveryPause, Max: recoveryMost}
	for {
		switch err := e.stillThere(context.Background(), e.checkEpochs); {
		case err == nil:
			return false
		case errors.Is(err, errStateLost):
			return true
		}
		if !wait.Wait(e.closing) { // JetStream does not answer yet
			return true
		}
	}
}

// catchUp passes a channel's recent messages on again; the deduplicator drops those that came
// before. It retries for as long as the history is kept.
func (c *recovery) catchUp(id channel.ID, since time.Time) {
	ctx, cancel := context.WithTimeout(context.Background(), core.SessionTimeout)
	defer cancel()
	pause := retry.Backoff{First: recoveryPause, Max: recoveryMost}
	for {
		frames, err := c.e.recentFrames(ctx, id, since)
		c.mu.Lock()
		h := c.channels[id]
		c.mu.Unlock()
		if h == nil {
			return
		}
		if err == nil {
			for _, frame := range frames {
				h.take(frame)
			}
			return
		}
		if !pause.Wait(c.e.closing) {
			return
		}
		if ctx.Err() != nil {
			c.e.opts.Logger.Error("channel messages may be missing", "app", id.App, "error", err)
			return
		}
	}
}

// options are the connection's options that tell recovery of losses.
func (c *recovery) options() []nats.Option {
	log := c.e.opts.Logger
	return []nats.Option{
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil { // nil if it was closed here
				log.Warn("the connection to NATS is lost", "error", err)
			}
			c.lost()
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) {
			log.Info("connected to NATS again", "server", nc.ConnectedUrlRedacted())
			c.back(atOnce)
		}),
	}
}
