//go:build js && wasm

package jsbridge

import "time"

// timers are the page's setTimeout, not Go's: what a timer runs is then a task of
// its own, after all that waits for settled promises, and no goroutine.
type timers struct {
	callbacks
	fire    value // the one function all of them call, with the timer's number
	pending map[handle]*timer
	last    handle
	unset   []*timer // what the page refused to set: tried again whenever there is a chance
}

type timer struct {
	number handle
	after  time.Duration
	f      func()
	id     value // of setTimeout
}

func newTimers() *timers {
	t := &timers{pending: map[handle]*timer{}}
	t.fire = t.add(func(number value) {
		t.setAgain()
		n := toHandle(number)
		if timer := t.pending[n]; timer != nil {
			delete(t.pending, n)
			timer.f()
		}
	})
	return t
}

// AfterFunc implements core.Host.
func (t *timers) AfterFunc(d time.Duration, f func()) (stop func()) {
	t.setAgain()
	t.last++
	timer := &timer{number: t.last, after: d, f: f}
	t.pending[timer.number] = timer
	t.set(timer)
	return func() {
		if t.pending[timer.number] == timer {
			delete(t.pending, timer.number)
			_, err := callGlobal("clearTimeout", timer.id)
			report(err) // it fires, and does nothing
		}
	}
}

func (t *timers) set(timer *timer) {
	var err error
	if timer.id, err = callGlobal("setTimeout", t.fire, roundUp(timer.after), timer.number); err != nil {
		report(err)
		t.unset = append(t.unset, timer)
	}
}

// setAgain sets the timers that the page refused, if they are still wanted.
func (t *timers) setAgain() {
	refused := t.unset
	t.unset = nil
	for _, timer := range refused {
		if t.pending[timer.number] == timer {
			t.set(timer)
		}
	}
}

// roundUp is d in whole milliseconds, not less than d: a timer that fires early would
// be set again for nothing.
func roundUp(d time.Duration) int {
	return int((max(d, 0) + time.Millisecond - 1) / time.Millisecond)
}
