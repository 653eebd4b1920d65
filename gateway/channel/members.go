package channel

import (
	"context"
	"slices"
	"time"

	"rtmwasm/gateway/retry"
)

// apply takes in a change of the channel's members. Changes wait while a snapshot is read.
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
	if c.all.isGone(e.Member) {
		return
	}
	changes, missed := c.roster.apply(e)
	c.latest = max(c.latest, e.Revision)
	c.tell(changes)
	if missed && !c.repairing {
		c.repairing = true
		c.all.work.Go(c.repair)
	}
}

// repair reads all members after an event showed that others were missed. If that fails, the audit
// does it.
func (c *channel) repair() {
	if err := c.refresh(c.all.ctx, 0); err != nil {
		c.all.config.Logger.Warn("cannot read the members of a channel after missed changes", "app", c.id.App, "error", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.repairing = false
}

// fill makes sure that a first snapshot was taken in, as of a revision or later.
func (c *channel) fill(ctx context.Context, atLeast uint64) error {
	return c.read(ctx, atLeast, func() bool { return c.complete })
}

// refresh reads all members once more, and tells the members here what was missed.
func (c *channel) refresh(ctx context.Context, atLeast uint64) error {
	return c.read(ctx, atLeast, func() bool { return false })
}

// read takes a snapshot in, unless it turns out to be needless. One snapshot is read at a time.
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
	atLeast = max(atLeast, c.latest) // not to go back behind what was told
	c.mu.Unlock()
	snapshot, err := c.all.config.Engine.Members(ctx, c.id, atLeast)
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.reading)
	c.reading = nil
	if err == nil && !c.dropped {
		c.replace(snapshot)
	}
	if c.complete { // else the changes wait for the next attempt
		c.catchUpWaiting(snapshot)
	}
	return err
}

func (c *channel) replace(s Snapshot) {
	c.complete = true
	s.Members = slices.DeleteFunc(s.Members, c.all.isGone)
	for _, m := range s.Members {
		c.latest = max(c.latest, m.Revision)
	}
	c.tell(c.roster.replace(s))
}

// catchUpWaiting takes in the changes that waited and that a snapshot does not have.
func (c *channel) catchUpWaiting(s Snapshot) {
	waiting := c.waiting
	c.waiting = nil
	for _, e := range waiting {
		if s.Covers == nil || !s.Covers(e.UID, e.Revision) {
			c.take(e)
		}
	}
}

// dropGateway removes the members of a gateway that died.
func (c *channel) dropGateway(gone goneGateway) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tell(c.roster.dropGateway(gone.gateway, gone.upTo))
}

// goneGateway is a gateway whose members up to a revision are not there any more.
type goneGateway struct {
	gateway string
	upTo    uint64
}

// keptGone is how many gateways are remembered as gone. They matter while snapshots are read that
// began before.
const keptGone = 100

// gatewayGone is called when the engine has removed the members of a gateway.
func (cs *Channels) gatewayGone(gateway string, upTo uint64) {
	gone := goneGateway{gateway, upTo}
	cs.mu.Lock()
	cs.gone = append(cs.gone, gone)
	cs.gone = cs.gone[max(0, len(cs.gone)-keptGone):]
	cs.mu.Unlock()
	cs.work.Go(func() {
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

// Recover makes up for what was missed while the engine could not be reached: members here are
// told who came and went. It returns when that is done, or the first error.
func (cs *Channels) Recover(ctx context.Context) error {
	channels := cs.list()
	if len(channels) == 0 {
		return nil
	}
	revision, err := cs.config.Engine.Fence(ctx)
	if err != nil {
		return err
	}
	return retry.TryEach(channels, retry.Recoveries, func(c *channel) error { return c.refresh(ctx, revision) })
}

func (cs *Channels) changesMissed() {
	select {
	case cs.missed <- struct{}{}:
	default: // recoverMissed has not begun
	}
}

// Waits of recoverMissed, the first and the longest: it begins when the engine has settled, and not
// on all gateways at the same time.
const (
	recoverFirst = 4 * time.Second
	recoverMost  = 16 * time.Second
)

// recoverMissed has all members read again when changes may be lost, until that succeeds.
func (cs *Channels) recoverMissed() {
	for {
		select {
		case <-cs.missed:
		case <-cs.ctx.Done():
			return
		}
		wait := retry.Backoff{First: recoverFirst, Most: recoverMost}
		for wait.Wait(cs.ctx.Done()) {
			err := cs.Recover(cs.ctx)
			if err == nil {
				break
			}
			cs.config.Logger.Warn("cannot read the changes of members that were missed: trying again", "error", err)
		}
	}
}

// auditTime is within which the members of each channel are read once more. A server of the
// engine may lose messages on their way to this gateway, and nothing shows it.
const auditTime = 10 * time.Minute

// audit reads the members of all channels again and again, one after another.
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
