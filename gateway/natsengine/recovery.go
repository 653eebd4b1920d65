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

// A server of the cluster that says nothing for about 6 s is given up for another.
const (
	natsPing      = 2 * time.Second
	natsPingsLost = 2
)

// unheard is by how much a loss may precede its notice.
const unheard = (natsPingsLost + 1) * natsPing

// Waits between two attempts to read what was missed, the first and the longest.
const (
	recoveryPause = 500 * time.Millisecond
	recoveryMost  = 4 * time.Second
)

// recovery makes up for what was missed while the connection to the cluster was lost:
// channel messages are read from the history, and the gateway is told to look after the
// rest.
type recovery struct {
	e *Engine

	mu       sync.Mutex // guards the rest
	channels map[channel.ID]*deduplicator
	lostAt   time.Time // zero while connected
	told     func()    // of RegisterGateway
}

func (c *recovery) listen(id channel.ID, h *deduplicator) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.channels == nil {
		c.channels = map[channel.ID]*deduplicator{}
	}
	c.channels[id] = h
}

// unlisten leaves a newer listener, who may have begun before this one ended.
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

// listened are the channels that are listened to.
func (c *recovery) listened() []channel.ID {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(maps.Keys(c.channels))
}

func (c *recovery) tell(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told = f
}

func (c *recovery) lost() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lostAt.IsZero() {
		c.lostAt = time.Now()
	}
}

// How long after the loss the history is read: at once, and where the server of this
// gateway was parted from the others, again until it surely has what they have.
var (
	atOnce    = []time.Duration{0}
	untilSure = []time.Duration{0, 2 * time.Second, 4 * time.Second}
)

// back may be called in a goroutine of the NATS client's that must not be held up.
func (c *recovery) back(after []time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lostAt.IsZero() {
		return // this loss was made up for
	}
	since := c.lostAt
	c.lostAt = time.Time{}
	c.e.background.Go(func() { c.recover(since, after) })
}

// recover hands over what was sent to channels since a time, and has the gateway look after
// the rest. It returns when that is done, or when the engine is closed.
func (c *recovery) recover(since time.Time, after []time.Duration) {
	if c.e.stateGone() {
		return
	}
	c.mu.Lock()
	told := c.told
	c.mu.Unlock()
	channels := c.listened()
	c.e.fence.forget()
	since = since.Add(-unheard - core.MissedOverlap)
	for i, wait := range after {
		select {
		case <-time.After(wait):
		case <-c.e.closing:
			return
		}
		retry.Each(channels, retry.Recoveries, func(id channel.ID) { c.catchUp(id, since) })
		if i == 0 && told != nil {
			told()
		}
	}
}

// stateGone waits until it is known whether what gateways share is still there.
func (e *Engine) stateGone() bool {
	wait := retry.Backoff{First: recoveryPause, Most: recoveryMost}
	for {
		ctx, cancel := context.WithTimeout(context.Background(), opTimeout)
		err := e.stillThere(ctx, e.checkEpochs)
		cancel()
		switch {
		case err == nil:
			return false
		case errors.Is(err, errStateLost):
			return true
		}
		if !wait.Wait(e.closing) { // JetStream is not up yet
			return true
		}
	}
}

// catchUp hands a channel's messages over once more, those among them that were missed. It
// tries for as long as the history is kept.
func (c *recovery) catchUp(id channel.ID, since time.Time) {
	ctx, cancel := context.WithTimeout(context.Background(), core.SessionTimeout)
	defer cancel()
	pause := retry.Backoff{First: recoveryPause, Most: recoveryMost}
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

// options watch a connection for it.
func (c *recovery) options() []nats.Option {
	log := c.e.opts.Logger
	return []nats.Option{
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil { // nil when it was closed here
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
