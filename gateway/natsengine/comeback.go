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
	"rtmwasm/gateway"
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
	comebackPause = 500 * time.Millisecond
	comebackMost  = 4 * time.Second
)

// comeback makes up for what was missed while the connection to the cluster was lost:
// channel messages are read from the history, and the gateway is told to look after the
// rest.
type comeback struct {
	e *Engine

	mu     sync.Mutex // guards the rest
	rooms  map[gateway.Room]func(frame []byte)
	lostAt time.Time // zero while connected
	told   func()    // of RegisterGateway
}

func (c *comeback) listen(room gateway.Room, h func(frame []byte)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rooms == nil {
		c.rooms = map[gateway.Room]func([]byte){}
	}
	c.rooms[room] = h
}

func (c *comeback) unlisten(room gateway.Room) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.rooms, room)
}

func (c *comeback) tell(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told = f
}

func (c *comeback) lost() {
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
func (c *comeback) back(after []time.Duration) {
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
func (c *comeback) recover(since time.Time, after []time.Duration) {
	if c.e.stateGone() {
		return
	}
	c.mu.Lock()
	told, rooms := c.told, slices.Collect(maps.Keys(c.rooms))
	c.mu.Unlock()
	since = since.Add(-unheard - core.MissedOverlap)
	for i, wait := range after {
		select {
		case <-time.After(wait):
		case <-c.e.closing:
			return
		}
		retry.Each(rooms, recoveries, func(room gateway.Room) { c.catchUp(room, since) })
		if i == 0 && told != nil {
			told()
		}
	}
}

// stateGone waits until it is known whether what gateways share is still there.
func (e *Engine) stateGone() bool {
	wait := retry.Backoff{First: comebackPause, Most: comebackMost}
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

// catchUp hands a room's messages over once more, those among them that were missed. It
// tries for as long as the history is kept.
func (c *comeback) catchUp(room gateway.Room, since time.Time) {
	ctx, cancel := context.WithTimeout(context.Background(), core.SessionTimeout)
	defer cancel()
	pause := retry.Backoff{First: comebackPause, Most: comebackMost}
	for {
		frames, err := c.e.RecentRoom(ctx, room, since)
		c.mu.Lock()
		h := c.rooms[room]
		c.mu.Unlock()
		if h == nil {
			return
		}
		if err == nil {
			for _, frame := range frames {
				h(frame)
			}
			return
		}
		if !pause.Wait(c.e.closing) {
			return
		}
		if ctx.Err() != nil {
			c.e.opts.Logger.Error("channel messages may be missing", "app", room.App, "error", err)
			return
		}
	}
}

// options watch a connection for it.
func (c *comeback) options() []nats.Option {
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
