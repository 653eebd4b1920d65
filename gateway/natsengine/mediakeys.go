package natsengine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway/media"
	"rtmwasm/gateway/mediaurl"
)

// keyBucket has one key: the secrets that sign URLs of media.
const (
	keyBucket = "MEDIA_KEYS"
	keysKey   = "keys"
)

// mediaKeys implements mediaurl.Store.
type mediaKeys struct{ kv jetstream.KeyValue }

var _ mediaurl.Store = mediaKeys{}

// MediaKeys returns where gateways share the keys that sign URLs of media.
func (e *Engine) MediaKeys() mediaurl.Store { return e.keys }

func (e *Engine) openKeys(ctx context.Context) (err error) {
	if e.keys.kv, err = e.js.KeyValue(ctx, keyBucket); err != nil {
		return fmt.Errorf("bucket %s: %w", keyBucket, err)
	}
	return nil
}

// Load implements mediaurl.Store.
func (k mediaKeys) Load(ctx context.Context) (value []byte, revision uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	entry, err := k.kv.Get(ctx, keysKey)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return nil, 0, nil
	case err != nil:
		return nil, 0, fmt.Errorf("natsengine: read the keys of media URLs: %w", err)
	}
	return entry.Value(), entry.Revision(), nil
}

// Save implements mediaurl.Store. If an answer is lost, what was saved is found by the next Load.
func (k mediaKeys) Save(ctx context.Context, value []byte, revision uint64) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	_, err := k.kv.Update(ctx, keysKey, value, revision) // 0: there is none yet
	switch {
	case errors.Is(mediaError(err), media.ErrConflict):
		return mediaurl.ErrConflict
	case err != nil:
		return fmt.Errorf("natsengine: save the keys of media URLs: %w", err)
	}
	return nil
}

// secretBytes is the length of the secret.
const secretBytes = 32

// secretBucket has one key, and no end.
const (
	secretBucket = "MEDIA_SECRET"
	secretKey    = "secret"
)

// sharedSecret returns the secret that all gateways on this engine share. Whoever
// comes first has drawn it.
func sharedSecret(ctx context.Context, js jetstream.JetStream) ([]byte, error) {
	kv, err := js.KeyValue(ctx, secretBucket)
	if err != nil {
		return nil, err
	}
	secret := make([]byte, secretBytes)
	rand.Read(secret) // never fails
	if _, err = kv.Create(ctx, secretKey, secret); err == nil {
		return secret, nil
	}
	if !errors.Is(err, jetstream.ErrKeyExists) {
		return nil, err
	}
	entry, err := kv.Get(ctx, secretKey)
	if err != nil {
		return nil, err
	}
	if len(entry.Value()) != secretBytes {
		return nil, errors.New("not of the length that was written")
	}
	return entry.Value(), nil
}
