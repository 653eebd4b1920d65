package natsengine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// epochKey is a key in the streams of members, sessions and user attributes, which are in memory.
// The gateway that creates the stream sets a random value. If all servers that stored the stream
// are restarted, it is created again and is empty. Then the key is missing or has another value,
// and gateways must not trust what they know of the stream.
const epochKey = "epoch"

// errStateLost means that the gateway must end and be started again.
var errStateLost = errors.New("natsengine: NATS has lost what gateways share: start the gateway again")

// identity is how a gateway knows that the streams are still the ones that it opened.
type identity struct {
	created map[string]time.Time // by stream; set before epochs

	mu     sync.Mutex // guards the rest
	epochs []*state   // the states with an epoch; nil until all of them are known
	lost   error      // result of the last check
}

// identify notes the epochs and creation times of the streams that were opened. The connection may
// break before that is done, and come back: then there is nothing yet to check.
func (e *Engine) identify(ctx context.Context) error {
	userAttributes := &state{e: e, name: kvStream + userAttributeBucket, records: kvSubject + userAttributeBucket + "."}
	epochs := []*state{e.members, e.sessionState, userAttributes}
	for _, s := range epochs {
		if err := s.openEpoch(ctx); err != nil {
			return fmt.Errorf("stream %s: %w", s.name, err)
		}
	}
	created := map[string]time.Time{}
	for _, config := range e.opts.layout() {
		info, err := e.js.info(ctx, config.Name)
		if err != nil {
			return fmt.Errorf("stream %s: %w", config.Name, err)
		}
		created[config.Name] = info.Created
	}
	e.identity.created = created
	e.identity.mu.Lock()
	defer e.identity.mu.Unlock()
	e.identity.epochs = epochs
	return nil
}

// checkEpochs returns errStateLost if a stream with an epoch was created again, or another error if
// it cannot tell.
func (e *Engine) checkEpochs(ctx context.Context) error {
	e.identity.mu.Lock()
	epochs := e.identity.epochs
	e.identity.mu.Unlock()
	for _, s := range epochs {
		switch err := s.checkEpoch(ctx); {
		case errors.Is(err, errStateLost):
			return err
		case err != nil:
			return e.checkStream(ctx, s.name, err)
		}
	}
	return nil
}

// checkStreams returns errStateLost if a stream is gone or was created again.
func (e *Engine) checkStreams(ctx context.Context) error {
	for name := range e.identity.created {
		if err := e.checkStream(ctx, name, nil); err != nil {
			return err
		}
	}
	return nil
}

// checkStream returns errStateLost if a stream is gone or was created again, another error if it
// cannot tell, and the error otherwise if the stream is still the same.
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

// stillThere runs a check and returns its error. A first errStateLost makes the gateway unready. If
// a second check finds it too, the engine is broken.
func (e *Engine) stillThere(ctx context.Context, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
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

// lostState returns what the last check found, nil if nothing is lost.
func (e *Engine) lostState() error {
	e.identity.mu.Lock()
	defer e.identity.mu.Unlock()
	return e.identity.lost
}
