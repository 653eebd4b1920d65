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
	// restPerLook is how much longer than a look at the store took its result is good for
	// at least: counting what an app with a million files stores takes seconds.
	restPerLook = 50

	// lookTimeout bounds one look.
	lookTimeout = time.Minute

	// maxUsages is how many are remembered before old ones are dropped.
	maxUsages = 4096
)

// quotas hold what users and apps store to Config.UserBytes and Config.AppBytes. They ask
// the store now and then, and add to its answer what was let in here since: several
// gateways together may let in somewhat more.
type quotas struct {
	config Config

	mu     sync.Mutex
	usages map[owner]*usage
}

// owner has a quota.
type owner struct {
	app, uid string // uid "": the app as a whole
}

type usage struct {
	mu    sync.Mutex // guards the rest; held during the first look
	bytes int64
	added int64 // of bytes, since the running look began, and what was pending then

	// pending is what of bytes is being created: the store need not count it yet.
	pending int64

	stale time.Time // from here on a look is due; zero: there was none
	looks bool      // one is running
}

func newQuotas(config Config) *quotas {
	return &quotas{config: config, usages: map[owner]*usage{}}
}

// admit counts a new file of a user, unless it is too much: then it returns an error for
// the client. The caller calls end when the file is created, or is not after all.
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

// add counts size bytes if they fit below most; otherwise end is nil. Only the first look is
// waited for.
func (u *usage) add(ctx context.Context, c Config, of owner, size, most int64) (end func(created bool), err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.stale.IsZero() {
		began := time.Now()
		n, err := c.Store.Usage(ctx, of.app, of.uid)
		if err != nil {
			return nil, err
		}
		u.looked(n, began, c.UsageInterval)
	} else if !u.looks && !time.Now().Before(u.stale) {
		u.looks, u.added = true, u.pending
		go u.look(context.WithoutCancel(ctx), c, of)
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

// look asks the store. What was let in meanwhile, or was pending, may be in its answer: it is counted twice,
// rather than not at all, until the next look.
func (u *usage) look(ctx context.Context, c Config, of owner) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	began := time.Now()
	n, err := c.Store.Usage(ctx, of.app, of.uid)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.looks = false
	if err != nil {
		c.Logger.WarnContext(ctx, "media: cannot tell what is stored now", "app", of.app, "uid", of.uid, "error", err)
		n = u.bytes - u.added
	}
	u.looked(n+u.added, began, c.UsageInterval)
}

func (u *usage) looked(bytes int64, began time.Time, interval time.Duration) {
	u.bytes, u.added = bytes, 0
	u.stale = time.Now().Add(max(interval, restPerLook*time.Since(began)))
}

func (q *quotas) usage(of owner) *usage {
	q.mu.Lock()
	defer q.mu.Unlock()
	u := q.usages[of]
	if u == nil {
		if len(q.usages) >= maxUsages {
			q.drop(time.Now())
		}
		u = &usage{}
		q.usages[of] = u
	}
	return u
}

// drop forgets what would be asked anew anyway; what is in use is not.
func (q *quotas) drop(now time.Time) {
	for of, u := range q.usages {
		if u.mu.TryLock() {
			if !u.looks && u.pending == 0 && !now.Before(u.stale) {
				delete(q.usages, of)
			}
			u.mu.Unlock()
		}
	}
}

// errQuota has the status that HTTP means not to be tried again without somebody's wish.
func errQuota(whose string, bytes int64) handler.Error {
	return withReason(handler.NewError("ERR_QUOTA", fmt.Sprintf(
		"the files of %s may take %d bytes together, which are used up: there is room when older ones expire", whose, bytes),
		http.StatusInsufficientStorage))
}
