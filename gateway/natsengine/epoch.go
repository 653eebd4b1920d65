package natsengine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// epochKey is a key in each bucket that lives in memory. Whoever creates the bucket draws its
// value. When all servers that had a bucket were restarted, it is there again and empty: the
// key is missing, or has another value, and nothing that gateways know of it is true.
const epochKey = "epoch"

// errStateLost is why an engine is broken: the gateway must end, and be started again.
var errStateLost = errors.New("natsengine: NATS has lost what gateways share: start the gateway again")

// identity is by what a gateway knows that the streams are still those that it opened.
type identity struct {
	epochs  map[jetstream.KeyValue]string
	created map[string]time.Time // by stream

	mu   sync.Mutex // guards the rest
	lost error      // what the last check found
}

// identify notes what the streams are when they are opened.
func (e *Engine) identify(ctx context.Context) error {
	e.identity.epochs = map[jetstream.KeyValue]string{}
	if err := e.members.openEpoch(ctx); err != nil {
		return fmt.Errorf("stream %s: %w", e.members.name, err)
	}
	for _, bucket := range []jetstream.KeyValue{e.sessions, e.userAttributes} {
		epoch, err := openEpoch(ctx, bucket)
		if err != nil {
			return fmt.Errorf("bucket %s: %w", bucket.Bucket(), err)
		}
		e.identity.epochs[bucket] = epoch
	}
	e.sessionState.epoch = e.identity.epochs[e.sessions]
	e.identity.created = map[string]time.Time{}
	for _, config := range e.opts.layout() {
		info, err := e.js.info(ctx, config.Name)
		if err != nil {
			return fmt.Errorf("stream %s: %w", config.Name, err)
		}
		e.identity.created[config.Name] = info.Created
	}
	return nil
}

// openEpoch returns a bucket's epoch. One that has none gets it.
func openEpoch(ctx context.Context, bucket jetstream.KeyValue) (string, error) {
	epoch := rand.Text()
	_, err := bucket.Create(ctx, epochKey, []byte(epoch))
	if !errors.Is(err, jetstream.ErrKeyExists) {
		return epoch, err
	}
	entry, err := bucket.Get(ctx, epochKey)
	if err != nil {
		return "", err
	}
	return string(entry.Value()), nil
}

// checkEpochs returns an error that is errStateLost when a bucket was created again, or another
// one when that cannot be told now.
func (e *Engine) checkEpochs(ctx context.Context) error {
	if err := e.members.checkEpoch(ctx); errors.Is(err, errStateLost) {
		return err
	} else if err != nil {
		return e.checkStream(ctx, e.members.name, err)
	}
	for bucket, epoch := range e.identity.epochs {
		entry, err := bucket.Get(ctx, epochKey)
		switch {
		case errors.Is(err, jetstream.ErrKeyNotFound), err == nil && string(entry.Value()) != epoch:
			return fmt.Errorf("%w: bucket %s was created again", errStateLost, bucket.Bucket())
		case err != nil:
			return e.checkStream(ctx, kvStream+bucket.Bucket(), err)
		}
	}
	return nil
}

// checkStreams does the same for streams that vanished or were created again.
func (e *Engine) checkStreams(ctx context.Context) error {
	for name := range e.identity.created {
		if err := e.checkStream(ctx, name, nil); err != nil {
			return err
		}
	}
	return nil
}

// checkStream looks at one. otherwise is returned where nothing is lost.
func (e *Engine) checkStream(ctx context.Context, name string, otherwise error) error {
	stream, err := e.js.Stream(ctx, name)
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return fmt.Errorf("%w: stream %s is gone", errStateLost, name)
	case err != nil:
		return err
	case !stream.CachedInfo().Created.Equal(e.identity.created[name]):
		return fmt.Errorf("%w: stream %s was created again", errStateLost, name)
	}
	return otherwise
}

// confirmAfter is the time between two checks that must both find the state lost.
const confirmAfter = time.Second

// stillThere runs a check, and breaks the engine when it finds twice in a row that the state is
// lost: the first time makes the gateway unready. It returns what was found.
func (e *Engine) stillThere(ctx context.Context, check func(context.Context) error) error {
	err := check(ctx)
	if !errors.Is(err, errStateLost) {
		return err
	}
	e.setLost(err)
	select {
	case <-time.After(confirmAfter):
	case <-e.closing:
		return err
	}
	if err = check(ctx); !errors.Is(err, errStateLost) {
		e.setLost(nil)
		return err
	}
	select {
	case e.broken <- err:
	default:
	}
	return err
}

func (e *Engine) setLost(err error) {
	e.identity.mu.Lock()
	defer e.identity.mu.Unlock()
	e.identity.lost = err
}

// lostState is what the last check found, nil if all is there.
func (e *Engine) lostState() error {
	e.identity.mu.Lock()
	defer e.identity.mu.Unlock()
	return e.identity.lost
}
