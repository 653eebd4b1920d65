package natsengine

import (
	"sync"
	"time"

	"rtmwasm/core"
	"rtmwasm/gateway/background"
	"rtmwasm/gateway/retry"
)

// Dropped messages are read again from the history, after a pause of at least dropPause. By then
// the history has them too. The pause grows while more messages are dropped. dropMost, the longest
// pause, is so much shorter than the history's life that messages dropped last are still there.
const (
	dropPause = time.Second
	dropMost  = core.SessionTimeout / 2
)

// drops recovers messages that were dropped because their handlers were too slow.
type drops struct {
	recover    func(since time.Time) // reads messages sent since then; returns when done
	closing    <-chan struct{}
	background *background.Group

	mu      sync.Mutex // guards the rest
	noted   int        // how often note was called
	since   time.Time  // time of the oldest drop that is not recovered; zero if there is none
	running bool
}

// note notes that messages received since a time may have been dropped. It does not block.
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

// run recovers dropped messages. Each recovery begins with a pause. run ends after a recovery if no
// message was dropped since that recovery's pause began.
func (d *drops) run() {
	pause := retry.Backoff{First: 2 * dropPause, Max: dropMost} // Backoff waits at least half of it
	for seen := 0; d.more(&seen); {
		began := time.Now()
		if !pause.Wait(d.closing) {
			return
		}
		d.recover(d.take(began))
	}
}

// more reports whether note was called since the last call of more, whose count of calls is in seen.
// If not, run ends.
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

// take returns the time since which messages must be read. The next recovery reads those since next,
// even if this one reads some of them: the history may not have all of them yet.
func (d *drops) take(next time.Time) (since time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	since, d.since = d.since, next
	return since
}
