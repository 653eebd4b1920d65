package natsengine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway"
)

var _ gateway.Presence = (*Engine)(nil)

// lookups is how many users are looked up at the same time.
const lookups = 16

// SetReach implements gateway.Presence. It is a mark on the session's entry, so that one
// key tells all of a user's presence, and the sweep of a dead gateway ends that too.
func (e *Engine) SetReach(ctx context.Context, user gateway.User, session string, reach gateway.Reach) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	for {
		err := e.setReachOnce(ctx, userKey(user), session, reach == gateway.Unreachable)
		switch {
		case errors.Is(err, jetstream.ErrKeyRevisionMismatch):
			continue
		case errors.Is(err, jetstream.ErrKeyNotFound):
			return nil
		case err != nil:
			return fmt.Errorf("natsengine: mark a session's reach: %w", err)
		}
		return nil
	}
}

func (e *Engine) setReachOnce(ctx context.Context, key, session string, away bool) error {
	entry, err := e.sessions.Get(ctx, key)
	if err != nil {
		return err
	}
	var v sessionEntry
	if err := json.Unmarshal(entry.Value(), &v); err != nil {
		return err
	}
	if v.Session != session || v.Away == away {
		return nil
	}
	v.Away = away
	value, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = e.sessions.Update(ctx, key, value, entry.Revision())
	return err
}

// Reach implements gateway.Presence.
func (e *Engine) Reach(ctx context.Context, users []gateway.User) ([]gateway.Sighting, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	out := make([]gateway.Sighting, len(users))
	errs := make([]error, lookups)
	var all sync.WaitGroup
	for first := range min(lookups, len(users)) {
		all.Go(func() {
			for i := first; i < len(users) && errs[first] == nil; i += lookups {
				out[i], errs[first] = e.reachOf(ctx, users[i])
			}
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("natsengine: look users up: %w", err)
	}
	return out, nil
}

func (e *Engine) reachOf(ctx context.Context, user gateway.User) (gateway.Sighting, error) {
	entry, err := e.sessions.Get(ctx, userKey(user))
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return gateway.Sighting{User: user}, nil
	case err != nil:
		return gateway.Sighting{}, err
	}
	return sighting(user, entryOf(entry)), nil
}

func sighting(user gateway.User, n entry) gateway.Sighting {
	s := gateway.Sighting{User: user, Reach: gateway.Offline, Revision: n.revision}
	if n.gone {
		return s
	}
	s.Reach = gateway.Online
	var v sessionEntry
	if json.Unmarshal(n.value, &v) == nil && v.Away {
		s.Reach = gateway.Unreachable
	}
	return s
}

// WatchReach implements gateway.Presence.
func (e *Engine) WatchReach(ctx context.Context, apply func(gateway.Sighting)) error {
	err := e.watch(ctx, sessionBucket, jetstream.DeliverNewPolicy, func(n entry) {
		if user, ok := parseUserKey(n.key); ok {
			apply(sighting(user, n))
		}
	})
	if err != nil {
		return fmt.Errorf("natsengine: watch sessions: %w", err)
	}
	return nil
}
