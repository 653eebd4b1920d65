package natsengine

import (
	"sync"
	"time"

	"rtmwasm/core"
	"rtmwasm/gateway/retry"
)

// Dropped messages are read from the history again: after dropPause or more, within which the
// history has them too, and later while more and more are dropped. The longest wait is so much
// shorter than the history's life that what was dropped last is still there.
const (
	dropPause = time.Second
	dropMost  = core.SessionTimeout / 2
)

// drops has messages recovered that were dropped because their handlers were too slow.
type drops struct {
	recover    func(since time.Time) // reads what was sent since then; returns when that is done
	closing    <-chan struct{}
	background *sync.WaitGroup

	mu      sync.Mutex // guards the rest
	noted   int        // how often note was called
	since   time.Time  // of the oldest drop to make up for; zero: there was none
	running bool
}

// note is called when messages that came since a time may have been dropped. It does not block.
func (d *drops) note(since time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.noted++
	if d.since.IsZero() || since.Before(d.since) {
		d.since = since
	}
	if d.running {
		return
	}
	select {
	case <-d.closing:
	default:
		d.running = true
		d.background.Go(d.run)
	}
}

// run recovers until nothing was dropped from the pause before a recovery until its end.
func (d *drops) run() {
	pause := retry.Backoff{First: 2 * dropPause, Most: dropMost} // a wait is at least half of it
	for seen := 0; d.more(&seen); {
		began := time.Now()
		if !pause.Wait(d.closing) {
			return
		}
		d.recover(d.take(began))
	}
}

// more reports whether anything was noted after seen. If not, run ends.
func (d *drops) more(seen *int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.running = d.noted != *seen
	*seen = d.noted
	if !d.running {
		d.noted, d.since = 0, time.Time{}
	}
	return d.running
}

// take returns since when messages must be read. What is dropped after next is read once more:
// the history may not have it yet.
func (d *drops) take(next time.Time) (since time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	since, d.since = d.since, next
	return since
}
