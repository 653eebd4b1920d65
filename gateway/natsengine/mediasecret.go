package natsengine

import (
	"context"
	"crypto/rand"
	"errors"

	"github.com/nats-io/nats.go/jetstream"
)

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
