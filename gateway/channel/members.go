package channel

import (
	"context"
	"slices"
	"time"

	"rtmwasm/gateway/retry"
)

// apply applies a change of the channel's members. While a snapshot is read, changes wait.
func (c *channel) apply(e Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.dropped:
	case c.reading != nil || !c.complete:
		c.waiting = append(c.waiting, e)
	default:
		c.take(e)
	}
}

func (c *channel) take(e Event) {
	if c.channels.isGone(e.Member) {
		return
	}
	changes, missed := c.roster.apply(e)
	c.latest = max(c.latest, e.Revision)
	c.tell(changes)
	if missed && !c.repairing {
		c.repairing = true
		c.channels.background.Go(c.repair)
	}
}

// repair reads all members after an event showed that others were missed. If it fails, audit reads
// them later.
func (c *channel) repair() {
	if err := c.refresh(c.channels.ctx, 0); err != nil {
		c.channels.config.Logger.Warn("cannot read the members of a channel after missed changes", "app", c.id.App, "error", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.repairing = false
}

// fill reads a first snapshot, of a revision or later, unless there is one.
func (c *channel) fill(ctx context.Context, atLeast uint64) error {
	return c.read(ctx, atLeast, func() bool { return c.complete })
}

// refresh reads all members again, and tells the members here what was missed.
func (c *channel) refresh(ctx context.Context, atLeast uint64) error {
	return c.read(ctx, atLeast, func() bool { return false })
}

// read reads and applies a snapshot, unless needless returns true. It reads one snapshot at a time.
func (c *channel) read(ctx context.Context, atLeast uint64, needless func() bool) error {
	c.mu.Lock()
	for c.reading != nil {
		reading := c.reading
		c.mu.Unlock()
		select {
		case <-reading:
		case <-ctx.Done():
			return ctx.Err()
		}
		c.mu.Lock()
	}
	if c.dropped || needless() {
		c.mu.Unlock()
		return nil
	}
	c.reading = make(chan struct{})
	atLeast = max(atLeast, c.latest) // so that members are not told something older than before
	c.mu.Unlock()
	snapshot, err := c.channels.config.Engine.Members(ctx, c.id, atLeast)
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.reading)
	c.reading = nil
	if err == nil && !c.dropped {
		c.replace(snapshot)
	}
	if c.complete { // otherwise the changes wait for the next attempt
		c.catchUpWaiting(snapshot)
	}
	return err
}

func (c *channel) replace(s Snapshot) {
	c.complete = true
	s.Members = slices.DeleteFunc(s.Members, c.channels.isGone)
	for _, m := range s.Members {
		c.latest = max(c.latest, m.Revision)
	}
	c.tell(c.roster.replace(s))
}

// catchUpWaiting applies the changes that waited and that the snapshot does not have.
func (c *channel) catchUpWaiting(s Snapshot) {
	waiting := c.waiting
	c.waiting = nil
	for _, e := range waiting {
		if s.Covers == nil || !s.Covers(e.UID, e.Revision) {
			c.take(e)
		}
	}
}

// dropGateway removes the members of a dead gateway.
func (c *channel) dropGateway(gone goneGateway) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tell(c.roster.dropGateway(gone.gateway, gone.upTo))
}

// goneGateway is a gateway whose members up to a revision were removed.
type goneGateway struct {
	gateway string
	upTo    uint64
}

// maxGone is how many gone gateways are remembered, for snapshots whose reading began before.
const maxGone = 100

// gatewayGone is called when the engine has removed the members of a gateway.
func (cs *Channels) gatewayGone(gateway string, upTo uint64) {
	gone := goneGateway{gateway, upTo}
	cs.mu.Lock()
	cs.gone = append(cs.gone, gone)
	cs.gone = cs.gone[max(0, len(cs.gone)-maxGone):]
	cs.mu.Unlock()
	cs.background.Go(func() {
		for _, c := range cs.list() {
			c.dropGateway(gone)
		}
	})
}

// isGone reports whether a member was removed with its gateway.
func (cs *Channels) isGone(m Member) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return slices.ContainsFunc(cs.gone, func(gone goneGateway) bool {
		return m.Gateway == gone.gateway && m.Revision <= gone.upTo
	})
}

// Recover reads the members of all channels after the engine could not be reached, and tells
// members here who came and left. It returns the first error.
func (cs *Channels) Recover(ctx context.Context) error {
	channels := cs.list()
	if len(channels) == 0 {
		return nil
	}
	revision, err := cs.config.Engine.NextRevision(ctx)
	if err != nil {
		return err
	}
	return retry.TryEach(channels, retry.Recoveries, func(c *channel) error { return c.refresh(ctx, revision) })
}

func (cs *Channels) changesMissed() {
	select {
	case cs.missed <- struct{}{}:
	default: // recoverMissed will do it
	}
}

// Shortest and longest wait of recoverMissed. It begins when the engine is stable again, and not on
// all gateways at the same time.
const (
	recoverFirst = 4 * time.Second
	recoverMost  = 16 * time.Second
)

// recoverMissed reads all members again when changes may be lost, until that succeeds.
func (cs *Channels) recoverMissed() {
	for {
		select {
		case <-cs.missed:
		case <-cs.ctx.Done():
			return
		}
		wait := retry.Backoff{First: recoverFirst, Max: recoverMost}
		for wait.Wait(cs.ctx.Done()) {
			err := cs.Recover(cs.ctx)
			if err == nil {
				break
			}
			cs.config.Logger.Warn("cannot read the changes of members that were missed: trying again", "error", err)
		}
	}
}

// auditTime is the time within which the members of each channel are read again. The engine may
// lose messages to this gateway without a sign.
const auditTime = 10 * time.Minute

// audit reads the members of all channels repeatedly, one channel after another.
func (cs *Channels) audit() {
	for {
		channels := cs.list()
		pause := auditTime / time.Duration(max(1, len(channels)))
		if len(channels) == 0 {
			pause = time.Second
		}
		for i := range max(1, len(channels)) {
			select {
			case <-time.After(pause):
			case <-cs.ctx.Done():
				return
			}
			if i < len(channels) {
				_ = channels[i].refresh(cs.ctx, 0) // the next round tries again
			}
		}
	}
}
