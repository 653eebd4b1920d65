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

// heartbeatInterval is the time between two looks at the other gateways.
func (o Options) heartbeatInterval() time.Duration { return o.GatewayLife / heartbeatsPerLife }

// contactEvery is how often a gateway makes sure that its part of a cluster can decide
// anything. In a part that can't it hears nothing of what the others do, though its own
// connection is well.
const contactEvery = time.Second

// RegisterGateway implements session.Engine. A gateway is alive while its key is in the
// gateways bucket. Each gateway looks for keys that are gone, and removes what those
// gateways left. The key is removed when ctx ends, unless its cause is session.ErrSessionsLeft: then it
// becomes stopped, and runs out.
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
	e.recovery.tell(returned)
	h := &heartbeat{e: e, id: gatewayID, lapsed: lapsed, registered: true, renewed: time.Now()}
	h.lookAround(opCtx) // a former life of the service may have left something
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
	alive  map[string]bool // as of the last heartbeat

	parted         bool      // the last time, the key could not be written or a bucket not be read
	registered     bool      // see Engine.register
	renewed        time.Time // when it was
	attributesKept time.Time // when the channel attributes were last gone through

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
		case <-look.C:
			h.lookAtStreams(ctx)
			h.lookAround(ctx)
			h.keepAttributes(ctx)
		case <-ctx.Done():
			h.resign(context.Cause(ctx))
			return
		case <-h.e.closing:
			if ctx.Err() != nil { // both came at the same time
				h.resign(context.Cause(ctx))
			}
			return
		}
	}
}

// keepContact renews the key, also where something else cannot be reached: a gateway whose key
// runs out loses its sessions. Where anything failed, what was missed meanwhile is looked for
// when all works again.
func (h *heartbeat) keepContact(ctx context.Context) {
	err := h.check(ctx)
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

// check looks whether what gateways share is still there.
func (h *heartbeat) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	return h.e.stillThere(ctx, h.e.checkEpochs)
}

// renew writes the key again. It fails if the cluster did not take it.
func (h *heartbeat) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	entry, err := h.e.gateways.Get(ctx, h.id)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound): // it ran out
		if !h.clockJumped() {
			h.lapsed()
		}
		h.registered = false // whoever took it for dead may have removed that
		_, err = h.e.gateways.Create(ctx, h.id, nil)
	case err == nil:
		_, err = h.e.gateways.Update(ctx, h.id, nil, entry.Revision())
	}
	if errors.Is(err, jetstream.ErrKeyExists) { // it runs out just now
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

// clockJumped reports that the key ran out before its time, as keys do when the engine's
// clock is set ahead, and that no other gateway was there to take this one for dead.
func (h *heartbeat) clockJumped() bool {
	return time.Since(h.renewed) < h.e.opts.GatewayLife && len(h.alive) == 1 && h.alive[h.id]
}

// lookAround has removed what gateways left that are not alive. Of the living, the one whose id is
// the lowest does it. What cannot be done now is done by the next look.
func (h *heartbeat) lookAround(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	alive, err := h.e.aliveGateways(ctx)
	if err != nil || !alive[h.id] { // it ran out just now: what is this gateway's must not be swept
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

// sweepTimeout bounds a sweep. The sessions of a large gateway take seconds.
const sweepTimeout = time.Minute

// sweep runs beside the heartbeat, which must not wait for it.
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

// lookAtStreams looks whether one vanished. What cannot be told now is told by the next look.
func (h *heartbeat) lookAtStreams(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	_ = h.e.stillThere(ctx, h.e.checkStreams)
}

// stopped is the value of the key of a gateway that has ended, while its sessions may go on elsewhere. Of
// one that runs, the value is empty.
const stopped = "stopped"

// resign spares the others the wait, where they need not wait for clients to come to them.
func (h *heartbeat) resign(cause error) {
	ctx, cancel := context.WithTimeout(context.Background(), opTimeout)
	defer cancel()
	if errors.Is(cause, session.ErrSessionsLeft) {
		_, _ = h.e.gateways.PutString(ctx, h.id, stopped) // on failure it counts as killed
		return
	}
	_ = h.e.gateways.Purge(ctx, h.id) // on failure it runs out
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

// sweep removes the sessions, user attributes and members of gateways that are not alive. Their
// records tell whether there are any, and go last. The gateway own is alive, even if its key ran
// out early.
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
	entries, err := allEntries(ctx, bucket)
	if err != nil || len(entries) == 0 {
		return err
	}
	var left []jetstream.KeyValueEntry
	alive := map[string]bool{own: true} // by gateway; read last: who made an entry was alive before
	for _, entry := range entries {
		if entry.Key() == epochKey {
			continue
		}
		var v owned
		if json.Unmarshal(entry.Value(), &v) == nil {
			// Looked up, not listed: a living gateway renews its key all the time.
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

// sweepEntry removes an entry, unless there is a newer one. What it was is told before, as it will
// not be found again.
func (e *Engine) sweepEntry(ctx context.Context, bucket jetstream.KeyValue, entry jetstream.KeyValueEntry) error {
	err := e.tellSwept(ctx, entry)
	if err == nil {
		err = remove(ctx, bucket, entry.Key(), entry.Revision())
	}
	return err
}

func allEntries(ctx context.Context, bucket jetstream.KeyValue, opts ...jetstream.WatchOpt) ([]jetstream.KeyValueEntry, error) {
	watch, err := bucket.WatchAll(ctx, append(opts, jetstream.IgnoreDeletes())...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = watch.Stop() }() // fails only on a closed connection
	var entries []jetstream.KeyValueEntry
	for {
		select {
		case entry, ok := <-watch.Updates():
			if !ok || entry == nil {
				return entries, nil
			}
			entries = append(entries, entry)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
