// Package serial calls functions one at a time. The core requires that of its host, also in a
// program with many goroutines.
package serial

import (
	"sync"
	"time"
)

// Loop runs functions one at a time. The zero value is ready.
type Loop struct {
	mu sync.Mutex // held while a function runs
}

// Do runs f while no other function of the loop runs.
func (l *Loop) Do(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
}

// AfterFunc runs f on the loop once after d, unless it was stopped before. Call stop on the loop.
// After stop, f does not run.
func (l *Loop) AfterFunc(d time.Duration, f func()) (stop func()) {
	stopped := false // guarded by mu
	t := time.AfterFunc(d, func() {
		l.Do(func() {
			if !stopped {
				f()
			}
		})
	})
	return func() {
		stopped = true
		t.Stop()
	}
}
