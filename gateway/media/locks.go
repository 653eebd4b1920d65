package media

import (
	"context"
	"errors"
	"sync"

	"github.com/tus/tusd/v2/pkg/handler"
)

// locks ensure that only one request at a time changes an upload. A request that wants a lock asks its
// holder to release it, and waits. A request that was waiting before is refused. A client has one request at a
// time, so the newest request is the one that its client still waits for. HEAD takes no lock.
//
// The locks are those of one gateway. A request that has the lock asks other gateways to release theirs, see
// Handler.evict. If two gateways still change an upload at the same time, the store accepts only one.
type locks struct {
	mu      sync.Mutex
	held    map[string]*hold
	waiting map[string]chan struct{} // closed when a newer request wants the lock
}

// hold is a lock that a request has.
type hold struct {
	stop     func() // called with locks.mu held, so never after release
	released chan struct{}
}

func newLocks() *locks { return &locks{held: map[string]*hold{}, waiting: map[string]chan struct{}{}} }

// acquire waits for the lock of key. When another request wants the lock later, stop is called, perhaps more
// than once; it must not block. acquire returns tus's "locked" error if ctx ends, or if a newer request wants
// the lock, too.
func (l *locks) acquire(ctx context.Context, key string, stop func()) error {
	mine := make(chan struct{})
	l.mu.Lock()
	defer l.mu.Unlock()
	if older := l.waiting[key]; older != nil {
		close(older)
	}
	l.waiting[key] = mine
	if h := l.held[key]; h != nil {
		h.stop()
		l.mu.Unlock()
		select {
		case <-h.released:
		case <-mine:
		case <-ctx.Done():
		}
		l.mu.Lock()
	}
	if l.waiting[key] != mine {
		return handler.ErrFileLocked
	}
	delete(l.waiting, key)
	if l.held[key] != nil {
		return handler.ErrFileLocked // ctx has ended
	}
	l.held[key] = &hold{stop: stop, released: make(chan struct{})}
	return nil
}

func (l *locks) release(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.held[key].released)
	delete(l.held, key)
}

// clear ends the requests that hold the lock of key or wait for it, because a newer request runs on another
// gateway. It returns when the lock is free, or ctx's error if ctx ends first.
func (l *locks) clear(ctx context.Context, key string) error {
	l.mu.Lock()
	if older := l.waiting[key]; older != nil {
		close(older)
		delete(l.waiting, key)
	}
	h := l.held[key]
	if h != nil {
		h.stop()
	}
	l.mu.Unlock()
	if h == nil {
		return nil
	}
	select {
	case <-h.released:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stopAll makes all holders release their locks soon.
func (l *locks) stopAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, h := range l.held {
		h.stop()
	}
}

// NewLock implements tusd's handler.Locker. The key of a lock is a KeyID, because a repeated creation does not
// know the hour of the first one.
func (l *locks) NewLock(id string) (handler.Lock, error) { return &lock{locks: l, key: KeyID(id)}, nil }

type lock struct {
	locks *locks
	key   string
	held  bool
}

// Lock implements handler.Lock. It does not use tusd's function to interrupt a request. That function reads
// the request's body variable without synchronisation, and misses a body that is set a moment later.
func (l *lock) Lock(ctx context.Context, _ func()) error {
	req := requestOf(ctx)
	if req.readOnly || req.locked == l.key {
		return nil
	}
	err := l.locks.acquire(ctx, l.key, req.stopReading)
	l.held = err == nil
	if errors.Is(err, handler.ErrFileLocked) {
		return req.retryable(handler.ErrFileLocked)
	}
	return err
}

func (l *lock) Unlock() error {
	if l.held {
		l.locks.release(l.key)
	}
	return nil
}
