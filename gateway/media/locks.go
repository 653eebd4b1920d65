package media

import (
	"context"
	"errors"
	"sync"

	"github.com/tus/tusd/v2/pkg/handler"
)

// locks lets one request at a time change an upload. Who wants a lock that is held
// asks the holder to let go, and waits; whoever waited before is refused. A client has
// one request at a time, so the newest is the one that lives. HEAD takes no lock.
//
// It covers one gateway. Who has the lock asks other gateways to let go, see Handler.evict; and
// of two that change an upload at the same time the store takes one.
type locks struct {
	mu      sync.Mutex
	held    map[string]*hold
	waiting map[string]chan struct{} // closed when a newer one comes
}

type hold struct {
	letGo    func() // called with locks.mu held, so never after release
	released chan struct{}
}

func newLocks() *locks { return &locks{held: map[string]*hold{}, waiting: map[string]chan struct{}{}} }

// acquire waits for the lock of key. letGo will be called, perhaps more than once,
// when others want it; it must not block. It ends by ctx, or when a newer one wants the
// lock too, with tus's "locked" error.
func (l *locks) acquire(ctx context.Context, key string, letGo func()) error {
	mine := make(chan struct{})
	l.mu.Lock()
	defer l.mu.Unlock()
	if older := l.waiting[key]; older != nil {
		close(older)
	}
	l.waiting[key] = mine
	if h := l.held[key]; h != nil {
		h.letGo()
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
	l.held[key] = &hold{letGo: letGo, released: make(chan struct{})}
	return nil
}

func (l *locks) release(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.held[key].released)
	delete(l.held, key)
}

// clear ends what holds the lock of key or waits for it, on behalf of somebody elsewhere who is
// newer, and returns when it has. It returns ctx's error if that comes first.
func (l *locks) clear(ctx context.Context, key string) error {
	l.mu.Lock()
	if older := l.waiting[key]; older != nil {
		close(older)
		delete(l.waiting, key)
	}
	h := l.held[key]
	if h != nil {
		h.letGo()
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

// letGo asks all holders to let go.
func (l *locks) letGo() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, h := range l.held {
		h.letGo()
	}
}

// NewLock is tusd's way in. Lock takes the request out of its context. A lock is of a KeyID:
// a creation that is repeated does not know the hour of the first.
func (l *locks) NewLock(id string) (handler.Lock, error) { return &lock{locks: l, key: KeyID(id)}, nil }

type lock struct {
	locks *locks
	key   string
	held  bool
}

// Lock leaves tusd's own way to interrupt a request aside: it reads the request's
// body variable without synchronisation, and misses one that is set a moment later.
func (l *lock) Lock(ctx context.Context, _ func()) error {
	req := requestOf(ctx)
	if req.asks {
		return nil
	}
	err := l.locks.acquire(ctx, l.key, req.letGo)
	l.held = err == nil
	if errors.Is(err, handler.ErrFileLocked) {
		return req.mayGoOn(handler.ErrFileLocked)
	}
	return err
}

func (l *lock) Unlock() error {
	if l.held {
		l.locks.release(l.key)
	}
	return nil
}
