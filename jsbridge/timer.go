//go:build js && wasm

package jsbridge

import (
	"time"

	"github.com/hack-pad/safejs"
)

// timers are the page's setTimeout, not Go's: what a timer runs is then a task of
// its own, after all that waits for settled promises, and no goroutine.
type timers struct {
	callbacks
	fire    value // the one function all of them call, with the timer's number
	pending map[handle]func()
	last    handle
}

func newTimers() *timers {
	t := &timers{pending: map[handle]func(){}}
	t.fire = t.add(func(number value) {
		n := toHandle(number)
		if f := t.pending[n]; f != nil {
			delete(t.pending, n)
			f()
		}
	})
	return t
}

// AfterFunc implements core.Host.
func (t *timers) AfterFunc(d time.Duration, f func()) (stop func()) {
	t.last++
	n := t.last
	t.pending[n] = f
	handle, err := safejs.Global().Call("setTimeout", t.fire, roundUp(d), n)
	if err != nil {
		panic(err)
	}
	return func() {
		if _, waiting := t.pending[n]; waiting {
			delete(t.pending, n)
			safejs.Global().Call("clearTimeout", handle)
		}
	}
}

// roundUp is d in whole milliseconds, not less than d: a timer that fires early would
// be set again for nothing.
func roundUp(d time.Duration) int {
	return int((max(d, 0) + time.Millisecond - 1) / time.Millisecond)
}
