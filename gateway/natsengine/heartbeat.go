package natsengine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway/retry"
	"rtmwasm/gateway/session"
)

// heartbeatsPerLife is how often a gateway renews its key within the key's life.
const heartbeatsPerLife = 3

// heartbeatInterval is the time between two checks of the other gateways.
func (o Options) heartbeatInterval() time.Duration { return o.GatewayLife / heartbeatsPerLife }

// contactEvery is how often a gateway checks that its part of a cluster can still write. In a part
// that cannot, the gateway misses what others do, although its own connection works.
const contactEvery = time.Second

// RegisterGateway implements session.Engine. A gateway is alive while its key is in the bucket of
// gateways. Each gateway looks for missing keys, and removes what those gateways left. When ctx
// ends, the key is removed. If the cause is session.ErrSessionsLeft, the key's value becomes
// stopped instead, and the key expires.
func (e *Engine) RegisterGateway(ctx context.Context, gatewayID string, lapsed, returned func()) error {
	opCtx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	if _, err := e.gateways.Create(opCtx, gatewayID, nil); err != nil {
		return fmt.Errorf("natsengine: register the gateway: %w", err)
	}
	stopAnswers, err := e.answerFences(gatewayID)
	if err != nil {
		return fmt.Errorf("natsengine: register the gateway: %w", err)
	}
	if err := e.register(opCtx, gatewayID); err != nil {
		stopAnswers()
		return fmt.Errorf("natsengine: register the gateway: %w", err)
	}
	e.recovery.setOnReturn(returned)
	h := &heartbeat{e: e, id: gatewayID, lapsed: lapsed, registered: true, renewed: time.Now()}
	h.removeDead(opCtx) // gateways of earlier processes may have left something
	e.heartbeats.Go(func() {
		defer stopAnswers()
		h.run(ctx)
	})
	return nil
}

// heartbeat keeps one gateway registered.
type heartbeat struct {
	e      *Engine
	id     string
	lapsed func()
	alive  map[string]bool // as of the last check

	parted         bool      // the last write of the key or read of a bucket failed
	registered     bool      // see Engine.register
	renewed        time.Time // when the key was last renewed
	attributesKept time.Time // when the channel attributes were last renewed

	sweeping atomic.Bool
}

func (h *heartbeat) run(ctx context.Context) {
	look := time.NewTicker(h.e.opts.heartbeatInterval())
	defer look.Stop()
	every := h.e.opts.heartbeatInterval()
	if h.e.embedded == nil {
		every = min(every, contactEvery)
	}
	contact := time.NewTicker(every)
	defer contact.Stop()
	for {
		select {
		case <-contact.C:
			h.keepContact(ctx)
			h.e.fence.look(h.e)
		case <-look.C:
			_ = h.e.stillThere(ctx, h.e.checkStreams) // if it cannot tell, the next check does
			h.removeDead(ctx)
			h.keepAttributes(ctx)
		case <-ctx.Done():
			h.unregister(context.Cause(ctx))
			return
		case <-h.e.closing:
			if ctx.Err() != nil { // both happened at the same time
				h.unregister(context.Cause(ctx))
			}
			return
		}
	}
}

// keepContact renews the key, even if something else cannot be reached, because a gateway whose key
// expires loses its sessions. After a failure, when all works again, it recovers what was missed.
func (h *heartbeat) keepContact(ctx context.Context) {
	err := h.e.stillThere(ctx, h.e.checkEpochs)
	if !errors.Is(err, errStateLost) {
		err = errors.Join(err, h.renew(ctx))
	}
	switch {
	case ctx.Err() != nil, errors.Is(err, errStateLost):
	case err != nil:
		h.parted = true
		h.e.recovery.lost()
	case h.parted:
		h.parted = false
		h.e.opts.Logger.Info("NATS answers again")
		h.e.recovery.back(untilSure)
	}
}

// renew writes the key again. It fails if the cluster did not store it.
func (h *heartbeat) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	entry, err := h.e.gateways.Get(ctx, h.id)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound): // it expired
		if !h.clockJumped() {
			h.lapsed()
		}
		h.registered = false // another gateway that took this one for dead may have removed its record
		_, err = h.e.gateways.Create(ctx, h.id, nil)
	case err == nil:
		_, err = h.e.gateways.Update(ctx, h.id, nil, entry.Revision())
	}
	if isConflict(err) { // it expires at this moment
		return nil
	}
	if err == nil {
		h.renewed = time.Now()
	}
	if err == nil && !h.registered {
		err = h.e.register(ctx, h.id)
		h.registered = err == nil
	}
	return err
}

// clockJumped reports whether the key expired too early, as keys do when the server's clock is set
// forward, and there is no other gateway that could have taken this one for dead.
func (h *heartbeat) clockJumped() bool {
	return time.Since(h.renewed) < h.e.opts.GatewayLife && len(h.alive) == 1 && h.alive[h.id]
}

// removeDead removes what dead gateways left. The living gateway with the lowest id does it. If it
// fails, the next check tries again.
func (h *heartbeat) removeDead(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	alive, err := h.e.aliveGateways(ctx)
	if err != nil || !alive[h.id] { // this gateway's key has just expired, and its records must stay
		return
	}
	h.alive = alive
	for id := range alive {
		if id < h.id {
			return
		}
	}
	if h.sweeping.CompareAndSwap(false, true) {
		h.e.background.Go(h.sweep)
	}
}

// sweepTimeout limits a sweep. The sessions of a large gateway take seconds.
const sweepTimeout = time.Minute

// sweep runs in the background, because the heartbeat must not wait for it.
func (h *heartbeat) sweep() {
	defer h.sweeping.Store(false)
	ctx, cancel := context.WithTimeout(context.Background(), sweepTimeout)
	defer cancel()
	go func() {
		select {
		case <-h.e.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	if err := h.e.sweep(ctx, h.id); err != nil && ctx.Err() == nil {
		h.e.opts.Logger.Warn("cannot remove what dead gateways left: trying again", "error", err)
	}
}

// stopped is the value of the key of a gateway that has ended while its sessions may continue
// elsewhere. The value of a running gateway's key is empty.
const stopped = "stopped"

// unregister removes the key, so that other gateways know at once. If clients may still come
// to them, it sets the key to stopped instead.
func (h *heartbeat) unregister(cause error) {
	ctx, cancel := context.WithTimeout(context.Background(), opTimeout)
	defer cancel()
	if errors.Is(cause, session.ErrSessionsLeft) {
		_, _ = h.e.gateways.PutString(ctx, h.id, stopped) // if this fails, it counts as killed
		return
	}
	_ = h.e.gateways.Purge(ctx, h.id) // if this fails, it expires
}

func (e *Engine) aliveGateways(ctx context.Context) (map[string]bool, error) {
	keys, err := e.gateways.Keys(ctx)
	if err != nil && !errors.Is(err, jetstream.ErrNoKeysFound) {
		return nil, err
	}
	alive := make(map[string]bool, len(keys))
	for _, id := range keys {
		alive[id] = true
	}
	return alive, nil
}

// sweep removes the sessions, user attributes and members of dead gateways. The records of gateways
// tell whether there are any, and are removed last. The gateway own is alive, even if its key
// expired early.
func (e *Engine) sweep(ctx context.Context, own string) error {
	dead, err := e.deadGateways(ctx, own)
	if len(dead) > 0 {
		for _, bucket := range []jetstream.KeyValue{e.sessions, e.userAttributes} {
			err = errors.Join(err, e.sweepBucket(ctx, bucket, own))
		}
		for _, registered := range dead {
			if err == nil {
				err = e.purgeMembers(ctx, registered)
			}
		}
	}
	if err != nil {
		return fmt.Errorf("natsengine: remove what dead gateways left: %w", err)
	}
	return nil
}

func (e *Engine) sweepBucket(ctx context.Context, bucket jetstream.KeyValue, own string) error {
	entries, err := allEntries(ctx, bucket, ">")
	if err != nil || len(entries) == 0 {
		return err
	}
	var left []jetstream.KeyValueEntry
	alive := map[string]bool{own: true} // by gateway; read after the entries, because the gateway of an entry was alive before
	for _, entry := range entries {
		if entry.Key() == epochKey {
			continue
		}
		var v owned
		if json.Unmarshal(entry.Value(), &v) == nil {
			// A list of keys is not exact: see exists.
			if _, known := alive[v.Gateway]; !known {
				if alive[v.Gateway], err = exists(ctx, e.gateways, v.Gateway); err != nil {
					return err
				}
			}
			if alive[v.Gateway] {
				continue
			}
		}
		left = append(left, entry)
	}
	return retry.TryEach(left, retry.Recoveries, func(entry jetstream.KeyValueEntry) error { return e.sweepEntry(ctx, bucket, entry) })
}

// sweepEntry removes an entry, unless there is a newer one. It first reports the event, because
// nobody will find the entry again.
func (e *Engine) sweepEntry(ctx context.Context, bucket jetstream.KeyValue, entry jetstream.KeyValueEntry) error {
	err := e.tellSwept(ctx, entry)
	if err == nil {
		err = remove(ctx, bucket, entry.Key(), entry.Revision())
	}
	return err
}
