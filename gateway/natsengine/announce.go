package natsengine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway/retry"
)

// beatsPerLife is how often a gateway renews its key within the key's life.
const beatsPerLife = 3

// beat is the time between two looks at the other gateways.
func (o Options) beat() time.Duration { return o.GatewayLife / beatsPerLife }

// contactEvery is how often a gateway makes sure that its part of a cluster can decide
// anything. In a part that can't it hears nothing of what the others do, though its own
// connection is well.
const contactEvery = time.Second

// Announce implements gateway.Engine. A gateway is alive while its key in the
// gateways bucket is; each gateway looks for keys that went, and removes what those
// gateways had left.
func (e *Engine) Announce(ctx context.Context, gatewayID string, lapsed, returned func()) error {
	opCtx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	if _, err := e.gateways.Create(opCtx, gatewayID, nil); err != nil {
		return fmt.Errorf("natsengine: announce the gateway: %w", err)
	}
	if err := e.sweep(opCtx); err != nil { // what a former life of the service left
		return err
	}
	e.comeback.tell(returned)
	b := &beat{e: e, id: gatewayID, lapsed: lapsed, renewed: time.Now()}
	e.beats.Go(func() { b.run(ctx) })
	return nil
}

// beat keeps one gateway announced.
type beat struct {
	e      *Engine
	id     string
	lapsed func()
	alive  map[string]bool // as of the last beat

	parted  bool      // the last time, the key could not be written or a bucket not be read
	renewed time.Time // when it was
	kept    time.Time // when the channel attributes were last gone through
}

func (b *beat) run(ctx context.Context) {
	look := time.NewTicker(b.e.opts.beat())
	defer look.Stop()
	every := b.e.opts.beat()
	if b.e.embedded == nil {
		every = min(every, contactEvery)
	}
	contact := time.NewTicker(every)
	defer contact.Stop()
	for {
		select {
		case <-contact.C:
			b.keepContact(ctx)
		case <-look.C:
			b.lookAtStreams(ctx)
			b.lookAround(ctx)
			b.keepAttributes(ctx)
		case <-ctx.Done():
			b.resign()
			return
		case <-b.e.closing:
			if ctx.Err() != nil { // both came at the same time
				b.resign()
			}
			return
		}
	}
}

// keepContact renews the key, also where something else cannot be reached: a gateway whose key
// runs out loses its sessions. Where anything failed, what was missed meanwhile is looked for
// when all works again.
func (b *beat) keepContact(ctx context.Context) {
	err := b.check(ctx)
	if !errors.Is(err, errStateLost) {
		err = errors.Join(err, b.renew(ctx))
	}
	switch {
	case ctx.Err() != nil, errors.Is(err, errStateLost):
	case err != nil:
		b.parted = true
		b.e.comeback.lost()
	case b.parted:
		b.parted = false
		b.e.opts.Logger.Info("the cluster decides again")
		b.e.comeback.back(untilSure)
	}
}

// check looks whether what gateways share is still there.
func (b *beat) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	return b.e.stillThere(ctx, b.e.checkEpochs)
}

// renew writes the key anew. The error is that the cluster did not take it.
func (b *beat) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	entry, err := b.e.gateways.Get(ctx, b.id)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound): // it ran out
		if !b.clockJumped() {
			b.lapsed()
		}
		_, err = b.e.gateways.Create(ctx, b.id, nil)
	case err == nil:
		_, err = b.e.gateways.Update(ctx, b.id, nil, entry.Revision())
	}
	if err == nil {
		b.renewed = time.Now()
	}
	if errors.Is(err, jetstream.ErrKeyExists) { // it runs out just now
		return nil
	}
	return err
}

// clockJumped reports that the key ran out before its time, as keys do when the engine's
// clock is set ahead, and that no other gateway was there to take this one for dead.
func (b *beat) clockJumped() bool {
	return time.Since(b.renewed) < b.e.opts.GatewayLife && len(b.alive) == 1 && b.alive[b.id]
}

// lookAround sweeps when a gateway that was there is not there any more.
func (b *beat) lookAround(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	alive, err := b.e.aliveGateways(ctx)
	if err != nil {
		return // the next beat tries again
	}
	if !alive[b.id] {
		return // it ran out just now: what is this gateway's must not be swept
	}
	for id := range b.alive {
		if !alive[id] && b.e.sweep(ctx) != nil {
			return // b.alive stays: the next beat tries again
		}
	}
	b.alive = alive
}

// lookAtStreams looks whether one vanished. What cannot be told now is told by the next look.
func (b *beat) lookAtStreams(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	_ = b.e.stillThere(ctx, b.e.checkStreams)
}

// resign spares the others the wait.
func (b *beat) resign() {
	ctx, cancel := context.WithTimeout(context.Background(), opTimeout)
	defer cancel()
	_ = b.e.gateways.Purge(ctx, b.id) // on failure it runs out
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

// sweep removes the sessions, members and user attributes of gateways that are not alive.
func (e *Engine) sweep(ctx context.Context) error {
	for _, bucket := range []jetstream.KeyValue{e.sessions, e.members, e.userAttributes} {
		if err := e.sweepBucket(ctx, bucket); err != nil {
			return fmt.Errorf("natsengine: remove what dead gateways left: %w", err)
		}
	}
	return nil
}

func (e *Engine) sweepBucket(ctx context.Context, bucket jetstream.KeyValue) error {
	entries, err := allEntries(ctx, bucket)
	if err != nil || len(entries) == 0 {
		return err
	}
	var left []jetstream.KeyValueEntry
	alive := map[string]bool{} // by gateway; read last: who made an entry was alive before
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
	var failed firstError
	retry.Each(left, recoveries, func(entry jetstream.KeyValueEntry) {
		if failed.get() == nil {
			failed.set(remove(ctx, bucket, entry.Key(), entry.Revision()))
		}
	})
	return failed.get()
}

// recoveries is how many requests are made at the same time to recover from a loss.
const recoveries = 32

// firstError keeps the first error of several goroutines.
type firstError struct {
	mu  sync.Mutex
	err error
}

func (f *firstError) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = err
	}
}

func (f *firstError) get() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
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
