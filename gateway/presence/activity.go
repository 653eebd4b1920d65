package presence

import (
	"sync/atomic"
	"time"

	"rtmwasm/gateway/clock"
	"rtmwasm/gateway/retry"
)

// Activity watches how long a client is silent, with a socket or without. A frame of any kind
// counts; a client that is well answers each Ping. Touch and Stop may be called by any
// goroutine, Publish by one at a time.
type Activity struct {
	limit   time.Duration
	touched atomic.Int64 // when Touch was last called, by clock.Now
	silent  atomic.Bool
	timer   *time.Timer
	changed chan struct{} // holds a token when silent may differ from published

	published bool          // what the directory was told of silent
	wait      retry.Backoff // after an error of the directory
}

// NewActivity returns the Activity of a client who is active now, and silent after limit. Stop
// ends it.
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

// Touch says that a frame has come.
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

// Changed gets a token when Publish should be called.
func (a *Activity) Changed() <-chan struct{} { return a.changed }

// Publish calls set with the user's state if that is not what set was called with before. If
// set fails, Changed gets a token again after a while, and Publish returns the error.
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

// Stop ends the clock.
func (a *Activity) Stop() { a.timer.Stop() }
