// Package retry spaces attempts out and runs many of them side by side, a few at a time.
package retry

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// Backoff gives the waits between attempts: they double from First to Most. Each is drawn
// between half of its length and the whole, so that many who lost the same server do not all
// come back at the same moment.
type Backoff struct {
	First, Most time.Duration

	next time.Duration
}

// ForEngine is the Backoff of requests to what gateways share: half a second at first, 8 s at most.
func ForEngine() Backoff { return Backoff{First: 500 * time.Millisecond, Most: 8 * time.Second} }

// Next is the next wait.
func (b *Backoff) Next() time.Duration {
	if b.next == 0 {
		b.next = b.First
	}
	wait := Jitter(b.next)
	b.next = min(2*b.next, b.Most)
	return wait
}

// Reset begins again with First: an attempt succeeded.
func (b *Backoff) Reset() { b.next = 0 }

// Wait waits, and reports false at once when done is closed.
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

// Jitter is a time between half of d and d.
func Jitter(d time.Duration) time.Duration {
	return d/2 + rand.N(d/2+1)
}

// Recoveries is how many requests are made at the same time to recover from a loss.
const Recoveries = 32

// Each calls f for all items, for at most workers of them at the same time, and returns when
// all calls have.
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

// TryEach does the same with a function that may fail. It returns the first error, after which no
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
