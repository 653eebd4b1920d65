package mediaurl

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// RotateEvery is the age at which a new shared key replaces the old one.
const RotateEvery = 7 * 24 * time.Hour

// signsFor is how long a shared key may sign. It is longer than RotateEvery, for gateways that
// cannot reach the store when a new key is due.
const signsFor = RotateEvery + 24*time.Hour

// clockDifference is how far the clocks of gateways may differ.
const clockDifference = time.Hour

// sharedKey is a key that a gateway created.
type sharedKey struct {
	ID      string `json:"id"`
	Secret  []byte `json:"secret"`
	Created int64  `json:"created"` // Unix seconds
}

// sharedKeys are in the order of their age, newest first.
type sharedKeys []sharedKey

func parseShared(value []byte) (keys sharedKeys, err error) {
	if value == nil {
		return nil, nil
	}
	if err := json.Unmarshal(value, &keys); err != nil {
		return nil, fmt.Errorf("mediaurl: the shared keys cannot be read: %w", err)
	}
	for _, key := range keys {
		if !validID(key.ID) || len(key.Secret) < MinSecret {
			return nil, errors.New("mediaurl: one of the shared keys is malformed")
		}
	}
	return keys, nil
}

func (keys sharedKeys) marshal() []byte {
	value, err := json.Marshal(keys)
	if err != nil {
		panic("mediaurl: keys cannot be marshalled: " + err.Error())
	}
	return value
}

func (k sharedKey) created() time.Time { return time.Unix(k.Created, 0) }

// verifies reports whether URLs that the key signed may still be valid.
func (k sharedKey) verifies(now time.Time, life time.Duration) bool {
	return now.Sub(k.created()) < signsFor+life+clockDifference
}

// due reports whether it is time for a new key.
func (keys sharedKeys) due(now time.Time) bool {
	return len(keys) == 0 || now.Sub(keys[0].created()) >= RotateEvery
}

// rotated returns the keys with a new one, and without those that do not verify any more.
func (keys sharedKeys) rotated(now time.Time, life time.Duration) sharedKeys {
	secret := make([]byte, MinSecret)
	rand.Read(secret) // never fails
	kept := sharedKeys{{rand.Text()[:12], secret, now.Unix()}}
	for _, key := range keys {
		if key.verifies(now, life) {
			kept = append(kept, key)
		}
	}
	return kept
}
