package mediastore

import (
	"context"
	"sync"
	"time"
)

// leastUsage is what the smallest file counts: what a disk takes for it.
const leastUsage = 4 << 10

// usageInterval is how long what is counted waits for more at least, and failedInterval, if it
// could not be written.
const (
	usageInterval  = time.Millisecond
	failedInterval = 10 * time.Second
)

// usage counts in Records behind the requests, one user after another: what comes while it is
// written is added up. A gateway that is killed loses what it had not written down.
type usage struct {
	records Records
	failed  func(error)

	mu      sync.Mutex // guards the rest
	waiting map[counter]int64
	timer   *time.Timer // runs while something waits; nil: nothing does
	closed  bool        // nothing is written any more but by flush

	writing sync.Mutex // held while counts are written; taken before mu
}

// counter is one that Records have.
type counter struct {
	app, uid string
	hour     time.Time // to the hour, of the files' creation
}

// add counts a file, or with a negative n takes it back.
func (u *usage) add(app, uid string, created time.Time, n int64) {
	if n > 0 {
		n = max(n, leastUsage)
	} else {
		n = min(n, -leastUsage)
	}
	u.put(counter{app, uid, created.Truncate(time.Hour)}, n, usageInterval)
}

// put has n written down after a while.
func (u *usage) put(c counter, n int64, after time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.waiting == nil {
		u.waiting = map[counter]int64{}
	}
	u.waiting[c] += n
	if u.timer == nil && !u.closed {
		u.timer = time.AfterFunc(after, func() {
			ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
			defer cancel()
			if err := u.flush(ctx); err != nil {
				u.failed(err)
			}
		})
	}
}

// flush writes down what waits. What can't be written waits for the next time.
func (u *usage) flush(ctx context.Context) error {
	u.writing.Lock()
	defer u.writing.Unlock()
	var err error
	for c, n := range u.take() {
		if err == nil && n != 0 {
			err = u.records.Count(ctx, c.app, c.uid, c.hour, n)
		}
		if err != nil {
			u.put(c, n, failedInterval)
		}
	}
	return err
}

// close ends what writes by itself.
func (u *usage) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.closed = true
}

func (u *usage) take() map[counter]int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.timer != nil {
		u.timer.Stop()
		u.timer = nil
	}
	waiting := u.waiting
	u.waiting = nil
	return waiting
}
