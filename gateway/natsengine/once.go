package natsengine

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway/id"
	"rtmwasm/gateway/once"
)

// onceBucket has one key for each user who has sent from an outbox within once.Lifetime.
const onceBucket = "rtm_sent_once"

func onceConfig() jetstream.StreamConfig {
	return bucketConfig(onceBucket, jetstream.FileStorage, once.Lifetime, 0)
}

var _ once.Store = (*Engine)(nil)

// LoadSent implements once.Store.
func (e *Engine) LoadSent(ctx context.Context, user id.User) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	entry, err := e.sentOnce.Get(ctx, userKey(user))
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("natsengine: read messages sent once: %w", err)
	}
	return entry.Value(), nil
}

// SaveSent implements once.Store.
func (e *Engine) SaveSent(ctx context.Context, user id.User, value []byte) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	if _, err := e.sentOnce.Put(ctx, userKey(user), value); err != nil {
		return fmt.Errorf("natsengine: keep messages sent once: %w", err)
	}
	return nil
}
