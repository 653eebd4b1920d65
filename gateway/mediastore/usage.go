package mediastore

import (
	"context"
	"sync"
	"time"
)

// minUsage is how many bytes a small file counts: a disk uses at least one block for it.
const minUsage = 4 << 10

// usageInterval is how long a count waits for others before it is written, and failedInterval is how
// long it waits after a failure.
const (
	usageInterval  = time.Millisecond
	failedInterval = 10 * time.Second
)

// usage counts stored bytes. It writes to Records in the background, one user after another, so that
// requests need not wait. Counts that come meanwhile are added up and written next. A gateway that is
// killed loses the counts that it had not written.
type usage struct {
	records Records
	failed  func(error)

	mu      sync.Mutex // guards the rest
	waiting map[counter]int64
	timer   *time.Timer // runs while counts wait; else nil
	closed  bool        // from now on only flush writes

	writing sync.Mutex // held while counts are written; taken before mu
}

// counter names one of the counters in Records.
type counter struct {
	app, uid string
	hour     time.Time // in which the files were created
}

// add counts a file of n bytes. A negative n takes it back.
func (u *usage) add(app, uid string, created time.Time, n int64) {
	if n > 0 {
		n = max(n, minUsage)
	} else {
		n = min(n, -minUsage)
	}
	u.schedule(counter{app, uid, created.Truncate(time.Hour)}, n, usageInterval)
}

// schedule adds n to a counter, and writes it to Records after a delay.
func (u *usage) schedule(c counter, n int64, delay time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.waiting == nil {
		u.waiting = map[counter]int64{}
	}
	u.waiting[c] += n
	if u.timer == nil && !u.closed {
		u.timer = time.AfterFunc(delay, func() {
			ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
			defer cancel()
			if err := u.flush(ctx); err != nil {
				u.failed(err)
			}
		})
	}
}

// flush writes all waiting counts. Counts that cannot be written wait for the next time.
func (u *usage) flush(ctx context.Context) error {
	u.writing.Lock()
	defer u.writing.Unlock()
	var err error
	for c, n := range u.take() {
		if err == nil && n != 0 {
			err = u.records.Count(ctx, c.app, c.uid, c.hour, n)
		}
		if err != nil {
			u.schedule(c, n, failedInterval)
		}
	}
	return err
}

// close stops the writes in the background. Only flush writes after that.
func (u *usage) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.closed = true
}

// take returns the waiting counts and empties them.
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
