//go:build js && wasm

package jsbridge

import "time"

// timers use setTimeout of the page instead of Go's timers. So each timer runs in a task of
// its own, after the reactions to settled promises, and needs no goroutine.
type timers struct {
	callbacks
	fire    value // the function that all timers call, with the number of the timer
	pending map[handle]*timer
	last    handle
	unset   []*timer // timers for which setTimeout failed; setAgain tries again
}

type timer struct {
	number handle
	after  time.Duration
	f      func()
	id     value // returned by setTimeout
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
			report(err) // the timer will fire and do nothing
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

// setAgain calls setTimeout again for the timers in unset that were not stopped meanwhile.
func (t *timers) setAgain() {
	refused := t.unset
	t.unset = nil
	for _, timer := range refused {
		if t.pending[timer.number] == timer {
			t.set(timer)
		}
	}
}

// roundUp returns d in milliseconds, rounded up. A timer that fires too early would only be
// set again.
func roundUp(d time.Duration) int {
	return int((max(d, 0) + time.Millisecond - 1) / time.Millisecond)
}
