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

// Store keeps the keys that gateways share: a value in which it does not look. It bounds its own
// time.
type Store interface {
	// Load returns what was saved last and its revision, or nil and 0.
	Load(ctx context.Context) (value []byte, revision uint64, err error)

	// Save replaces the value of a revision, or returns ErrConflict.
	Save(ctx context.Context, value []byte, revision uint64) error
}

// lookEvery is the least time between two looks at the store for a key that is not known:
// whoever makes key ids up costs no more than that.
const lookEvery = time.Second

// retryRotation is the time between two attempts to draw a key, while an old one signs.
const retryRotation = time.Minute

// Ring has the keys that sign and verify URLs: an operator's own, and those that gateways share
// by way of a Store. It is safe for concurrent use.
//
// The shared key that is the newest signs. A gateway that finds it RotateEvery old draws another,
// unless one was faster; the others learn of it when they meet its id, or when the key that they
// know is too old for them. A key verifies for as long as a URL that it signed may be good.
type Ring struct {
	store Store
	own   []Key
	life  time.Duration

	looking chan struct{} // full during a look

	mu     sync.Mutex // guards the rest
	shared sharedKeys
	looked time.Time // when the last look began
	err    error     // of the last look
}

// NewRing returns a Ring. The first of the operator's own keys signs, if there is any; else a
// shared one does. life is the longest time that a URL may be good; 0 means core.MediaLifetime.
func NewRing(store Store, own []Key, life time.Duration) *Ring {
	if life == 0 {
		life = core.MediaLifetime
	}
	return &Ring{store: store, own: own, life: life, looking: make(chan struct{}, 1)}
}

// Life is the longest time that a URL may be good.
func (r *Ring) Life() time.Duration { return r.life }

// Signing returns the key that signs now.
func (r *Ring) Signing(ctx context.Context) (Key, error) {
	if len(r.own) > 0 {
		return r.own[0], nil
	}
	now := time.Now()
	age := RotateEvery
	if r.lookedSince(now.Add(-retryRotation)) { // another key is due, and could not be drawn
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

// Find returns the secret of a key. ok is false for one that does not exist, or does not verify
// any more. An error means that it could not tell.
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

// look returns when a look at the store is over that began after asked. With rotate it draws a
// key where one is due.
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
	shared, err := r.load(context.WithoutCancel(ctx), began, rotate) // the outcome is for all who wait
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.looked, r.err = began, err; err == nil {
		r.shared = shared
	}
	return err
}

// load returns the keys of the store, with a new one if that is due. Of two gateways that draw one
// the second takes the first one's.
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
