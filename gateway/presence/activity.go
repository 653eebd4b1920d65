package presence

import (
	"sync/atomic"
	"time"

	"rtmwasm/gateway/clock"
	"rtmwasm/gateway/retry"
)

// Activity measures how long a client is silent, with or without a socket. A frame of any kind
// counts; a working client answers each Ping. Touch and Stop may be called by any goroutine,
// Publish by one at a time.
type Activity struct {
	limit   time.Duration
	touched atomic.Int64 // when Touch was last called, by clock.Now
	silent  atomic.Bool
	timer   *time.Timer
	changed chan struct{} // has a token if silent may differ from published

	published bool          // the last silent that the directory was told
	wait      retry.Backoff // after an error of the directory
}

// NewActivity returns the Activity of a client who is active now and counts as silent after limit.
// Stop ends it.
func NewActivity(limit time.Duration) *Activity {
	a := &Activity{limit: limit, changed: make(chan struct{}, 1), wait: retry.ForEngine()}
	a.touched.Store(int64(clock.Now()))
	a.timer = time.AfterFunc(limit, a.check)
	return a
}

// check runs when the client may have been silent for too long.
func (a *Activity) check() {
	if left := a.limit - (clock.Now() - time.Duration(a.touched.Load())); left > 0 {
		a.timer.Reset(left)
		return
	}
	a.silent.Store(true)
	a.notify()
}

// Touch notes that a frame was received.
func (a *Activity) Touch() {
	a.touched.Store(int64(clock.Now()))
	if a.silent.CompareAndSwap(true, false) {
		a.timer.Reset(a.limit)
		a.notify()
	}
}

func (a *Activity) notify() {
	select {
	case a.changed <- struct{}{}:
	default:
	}
}

// Changed receives a token when Publish should be called.
func (a *Activity) Changed() <-chan struct{} { return a.changed }

// Publish calls set with the user's state if that has changed since the last call of set. If set
// fails, Changed receives a token again after a while, and Publish returns the error.
func (a *Activity) Publish(set func(State) error) error {
	silent := a.silent.Load()
	if silent == a.published {
		return nil
	}
	state := Online
	if silent {
		state = Unreachable
	}
	if err := set(state); err != nil {
		time.AfterFunc(a.wait.Next(), a.notify)
		return err
	}
	a.published = silent
	a.wait.Reset()
	return nil
}

// Stop stops the timer.
func (a *Activity) Stop() { a.timer.Stop() }
