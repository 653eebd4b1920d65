package natsengine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway/mediaurl"
)

// keyBucket has one key: the secrets that sign media URLs.
const (
	keyBucket = "MEDIA_KEYS"
	keysKey   = "keys"
)

// mediaKeys implements mediaurl.Store.
type mediaKeys struct{ kv jetstream.KeyValue }

var _ mediaurl.Store = mediaKeys{}

// MediaKeys returns the store of the keys that sign media URLs. All gateways share it.
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

// Save implements mediaurl.Store. If the answer is lost, the next Load finds what was saved.
func (k mediaKeys) Save(ctx context.Context, value []byte, revision uint64) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	_, err := k.kv.Update(ctx, keysKey, value, revision) // 0: the key must not exist
	switch {
	case isConflict(err):
		return mediaurl.ErrConflict
	case err != nil:
		return fmt.Errorf("natsengine: save the keys of media URLs: %w", err)
	}
	return nil
}

// secretBytes is the length of the secret.
const secretBytes = 32

// secretBucket has one key, which never expires.
const (
	secretBucket = "MEDIA_SECRET"
	secretKey    = "secret"
)

// sharedSecret returns the secret that all gateways share. The first gateway to call it has created
// it.
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
	if !isConflict(err) {
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
