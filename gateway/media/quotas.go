package media

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/tus/tusd/v2/pkg/handler"
)

const (
	// refreshPause says how long a usage is valid, at least, as a multiple of the time the refresh took.
	// Counting the bytes of an app with a million files takes seconds.
	refreshPause = 50

	// refreshTimeout limits how long a refresh takes.
	refreshTimeout = time.Minute

	// maxUsages is how many usages are cached before old ones are dropped.
	maxUsages = 4096
)

// quotas limit the stored bytes of users and apps to Config.UserBytes and Config.AppBytes. They ask the store
// from time to time, and add the files that this gateway has admitted since. So several gateways together may
// admit somewhat more.
type quotas struct {
	config Config

	mu     sync.Mutex
	usages map[owner]*usage
}

// owner is a user or an app, which has a quota.
type owner struct {
	app, uid string // uid "" means the whole app
}

// usage is how many bytes an owner stores.
type usage struct {
	mu    sync.Mutex // guards the rest; held during the first refresh
	bytes int64
	added int64 // part of bytes: added since the running refresh began, or pending at that time

	// pending is the part of bytes whose files are being created. The store may not count it yet.
	pending int64

	staleAt    time.Time // when a refresh is due; zero before the first one
	refreshing bool      // a refresh is running
}

func newQuotas(config Config) *quotas {
	return &quotas{config: config, usages: map[owner]*usage{}}
}

// admit counts a new file of a user. If it exceeds a quota, admit returns an error for the client. The caller
// must call end when the file is created, or when its creation has failed.
func (q *quotas) admit(ctx context.Context, who Principal, size int64) (end func(created bool), err error) {
	end = func(bool) {}
	for _, bound := range []struct {
		of    owner
		bytes int64
		whose string
	}{
		{owner{who.App, who.UID}, q.config.UserBytes, "this user"},
		{owner{who.App, ""}, q.config.AppBytes, "this app"},
	} {
		if bound.bytes == 0 {
			continue
		}
		endOne, err := q.usage(bound.of).add(ctx, q.config, bound.of, size, bound.bytes)
		if err != nil {
			end(false)
			return nil, err
		}
		if endOne == nil {
			end(false)
			q.config.Logger.InfoContext(ctx, "media: quota used up", "of", bound.whose, "app", who.App, "uid", who.UID)
			return nil, errQuota(bound.whose, bound.bytes)
		}
		before := end
		end = func(created bool) { endOne(created); before(created) }
	}
	return end, nil
}

// add counts size bytes if the usage stays within most bytes; otherwise end is nil. It waits for the first
// refresh only. Later ones run in the background.
func (u *usage) add(ctx context.Context, c Config, of owner, size, most int64) (end func(created bool), err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.staleAt.IsZero() {
		began := time.Now()
		n, err := c.Store.Usage(ctx, of.app, of.uid)
		if err != nil {
			return nil, err
		}
		u.set(n, began, c.UsageInterval)
	} else if !u.refreshing && !time.Now().Before(u.staleAt) {
		u.refreshing, u.added = true, u.pending
		go u.refresh(context.WithoutCancel(ctx), c, of)
	}
	if u.bytes+size > most {
		return nil, nil
	}
	u.bytes += size
	u.added += size
	u.pending += size
	return func(created bool) {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.pending -= size
		if !created {
			u.bytes -= size
			u.added -= size
		}
	}, nil
}

// refresh asks the store. Files that were admitted meanwhile, or were pending, may be in its answer already.
// Until the next refresh these are counted twice, which is better than not at all.
func (u *usage) refresh(ctx context.Context, c Config, of owner) {
	ctx, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	began := time.Now()
	n, err := c.Store.Usage(ctx, of.app, of.uid)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.refreshing = false
	if err != nil {
		c.Logger.WarnContext(ctx, "media: cannot count stored bytes now", "app", of.app, "uid", of.uid, "error", err)
		n = u.bytes - u.added
	}
	u.set(n+u.added, began, c.UsageInterval)
}

// set stores the result of a refresh that began at some time.
func (u *usage) set(bytes int64, began time.Time, interval time.Duration) {
	u.bytes, u.added = bytes, 0
	u.staleAt = time.Now().Add(max(interval, refreshPause*time.Since(began)))
}

func (q *quotas) usage(of owner) *usage {
	q.mu.Lock()
	defer q.mu.Unlock()
	u := q.usages[of]
	if u == nil {
		if len(q.usages) >= maxUsages {
			q.dropStale(time.Now())
		}
		u = &usage{}
		q.usages[of] = u
	}
	return u
}

// dropStale removes the usages that need a refresh anyway, except those in use.
func (q *quotas) dropStale(now time.Time) {
	for of, u := range q.usages {
		if u.mu.TryLock() {
			if !u.refreshing && u.pending == 0 && !now.Before(u.staleAt) {
				delete(q.usages, of)
			}
			u.mu.Unlock()
		}
	}
}

// errQuota has status 507. By HTTP, a client must not repeat such a request on its own.
func errQuota(whose string, bytes int64) handler.Error {
	return withReason(handler.NewError("ERR_QUOTA", fmt.Sprintf(
		"the files of %s may have %d bytes in total, and this file would exceed that: try again when older files have expired", whose, bytes),
		http.StatusInsufficientStorage))
}
