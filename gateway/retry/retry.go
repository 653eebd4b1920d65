// Package retry has waits between attempts, and makes many calls in parallel, a few at a time.
package retry

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// Backoff has the waits between attempts. They double from First to Max. Each wait is a random
// time between half of this and all of it, so that many clients of one server do not come back at
// the same moment.
type Backoff struct {
	First, Max time.Duration

	next time.Duration
}

// ForEngine returns the Backoff for calls of an engine: half a second at first, 8 s at most.
func ForEngine() Backoff { return Backoff{First: 500 * time.Millisecond, Max: 8 * time.Second} }

// Next returns the next wait.
func (b *Backoff) Next() time.Duration {
	if b.next == 0 {
		b.next = b.First
	}
	wait := Jitter(b.next)
	b.next = min(2*b.next, b.Max)
	return wait
}

// Reset makes First the next wait. Call it after an attempt succeeded.
func (b *Backoff) Reset() { b.next = 0 }

// Wait waits. It returns false at once if done is closed.
func (b *Backoff) Wait(done <-chan struct{}) bool {
	timer := time.NewTimer(b.Next())
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-done:
		return false
	}
}

// Jitter returns a random time between half of d and d.
func Jitter(d time.Duration) time.Duration {
	return d/2 + rand.N(d/2+1)
}

// Recoveries is how many requests run in parallel to recover from a loss.
const Recoveries = 32

// Each calls f for all items, at most workers at a time, and returns when all calls have returned.
func Each[T any](items []T, workers int, f func(T)) {
	queue := make(chan T)
	var all sync.WaitGroup
	for range min(workers, len(items)) {
		all.Go(func() {
			for item := range queue {
				f(item)
			}
		})
	}
	for _, item := range items {
		queue <- item
	}
	close(queue)
	all.Wait()
}

// TryEach does the same with a function that may fail. It returns the first error; after it, no
// more calls begin.
func TryEach[T any](items []T, workers int, f func(T) error) error {
	var first atomic.Pointer[error]
	Each(items, workers, func(item T) {
		if first.Load() != nil {
			return
		}
		if err := f(item); err != nil {
			first.CompareAndSwap(nil, &err)
		}
	})
	if err := first.Load(); err != nil {
		return *err
	}
	return nil
}
