package mediaurl

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"rtmwasm/core"
)

// ErrConflict means that another gateway has saved keys since they were loaded.
var ErrConflict = errors.New("mediaurl: the keys were saved by another gateway")

// Store stores the keys that gateways share, as one value of bytes. Its calls have their own time limit.
type Store interface {
	// Load returns the value and its revision, or nil and 0 if nothing was saved.
	Load(ctx context.Context) (value []byte, revision uint64, err error)

	// Save replaces the value of a revision, or returns ErrConflict.
	Save(ctx context.Context, value []byte, revision uint64) error
}

// lookEvery is the least time between two reads of the store for an unknown key: requests with
// invented key ids must not cause more reads.
const lookEvery = time.Second

// retryRotation is the time between two attempts to create a key, while an old one still signs.
const retryRotation = time.Minute

// Ring has the keys that sign and verify URLs: an operator's own keys, and those that gateways share
// in a Store. It is safe for concurrent use.
//
// The newest shared key signs. When it is older than RotateEvery, one of the gateways creates a new
// one. The others read it from the Store when they see its id in a URL, or when their own newest key is
// too old. A key verifies URLs for as long as a URL that it signed may be valid.
type Ring struct {
	store Store
	own   []Key
	life  time.Duration

	looking chan struct{} // full while the store is read

	mu     sync.Mutex // guards the rest
	shared sharedKeys
	looked time.Time // when the last read of the store began
	err    error     // of the last read
}

// NewRing returns a Ring. The first of the operator's own keys signs; without own keys a shared
// key signs. life is the longest time that a URL may be valid; 0 means core.MediaLifetime.
func NewRing(store Store, own []Key, life time.Duration) *Ring {
	if life == 0 {
		life = core.MediaLifetime
	}
	return &Ring{store: store, own: own, life: life, looking: make(chan struct{}, 1)}
}

// Life returns the longest time that a URL may be valid.
func (r *Ring) Life() time.Duration { return r.life }

// Signing returns the key that signs now.
func (r *Ring) Signing(ctx context.Context) (Key, error) {
	if len(r.own) > 0 {
		return r.own[0], nil
	}
	now := time.Now()
	age := RotateEvery
	if r.lookedSince(now.Add(-retryRotation)) { // a new key is due, but could not be created
		age = signsFor
	}
	if key, ok := r.newest(now, age); ok {
		return key, nil
	}
	err := r.look(ctx, now, true)
	if key, ok := r.newest(now, signsFor); ok {
		return key, nil
	}
	return Key{}, fmt.Errorf("mediaurl: no key to sign with: %w", err)
}

// Find returns the secret of a key. ok is false if the key does not exist or does not verify
// any more. An error means that this is not known.
func (r *Ring) Find(ctx context.Context, id string) (secret []byte, ok bool, err error) {
	for _, key := range r.own {
		if key.ID == id {
			return key.Secret, true, nil
		}
	}
	now := time.Now()
	if secret, ok := r.find(id, now); ok {
		return secret, true, nil
	}
	err = r.look(ctx, now, false)
	secret, ok = r.find(id, now)
	return secret, ok, err
}

func (r *Ring) lookedSince(t time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.looked.After(t)
}

func (r *Ring) newest(now time.Time, age time.Duration) (Key, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.shared) == 0 || now.Sub(r.shared[0].created()) >= age {
		return Key{}, false
	}
	return Key{r.shared[0].ID, r.shared[0].Secret}, true
}

func (r *Ring) find(id string, now time.Time) (secret []byte, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, key := range r.shared {
		if key.ID == id && key.verifies(now, r.life) {
			return key.Secret, true
		}
	}
	return nil, false
}

// look returns after a read of the store that began after asked. With rotate it creates a new key if
// one is due.
func (r *Ring) look(ctx context.Context, asked time.Time, rotate bool) error {
	select {
	case r.looking <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-r.looking }()
	r.mu.Lock()
	looked, err, due := r.looked, r.err, rotate && r.shared.due(asked)
	r.mu.Unlock()
	switch {
	case rotate && !due:
		return nil
	case looked.After(asked) && (!rotate || err != nil):
		return err
	}
	if wait := lookEvery - time.Since(looked); wait > 0 && !due {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	began := time.Now()
	shared, err := r.load(context.WithoutCancel(ctx), began, rotate) // not canceled with this call: others wait for the result, too
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.looked, r.err = began, err; err == nil {
		r.shared = shared
	}
	return err
}

// load returns the keys of the store, and adds a new one if that is due. If two gateways create a key
// at the same time, the second one uses the key of the first.
func (r *Ring) load(ctx context.Context, now time.Time, rotate bool) (sharedKeys, error) {
	for {
		value, revision, err := r.store.Load(ctx)
		if err != nil {
			return nil, err
		}
		keys, err := parseShared(value)
		if err != nil || !rotate || !keys.due(now) {
			return keys, err
		}
		keys = keys.rotated(now, r.life)
		if err = r.store.Save(ctx, keys.marshal(), revision); err == nil {
			return keys, nil
		}
		if !errors.Is(err, ErrConflict) {
			return nil, err
		}
	}
}
