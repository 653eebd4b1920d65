package retry_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"rtmwasm/gateway/retry"
)

func TestBackoffGrowsAndIsDrawn(t *testing.T) {
	b := retry.Backoff{First: 100 * time.Millisecond, Max: time.Second}
	for round := range 2 {
		for i, most := range []time.Duration{100, 200, 400, 800, 1000, 1000} {
			wait := b.Next()
			assert.LessOrEqual(t, wait, most*time.Millisecond, "%d: wait %d", round, i)
			assert.GreaterOrEqual(t, wait, most*time.Millisecond/2, "%d: wait %d", round, i)
		}
		b.Reset()
	}
	drawn := map[time.Duration]bool{}
	for range 100 {
		b.Reset()
		drawn[b.Next()] = true
	}
	assert.Greater(t, len(drawn), 50, "two who begin at the same time part")
}

func TestWaitEndsEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := retry.Backoff{First: time.Minute, Max: time.Minute}
		began := time.Now()
		assert.True(t, b.Wait(nil))
		assert.GreaterOrEqual(t, time.Since(began), 30*time.Second)
		done := make(chan struct{})
		time.AfterFunc(time.Second, func() { close(done) })
		began = time.Now()
		assert.False(t, b.Wait(done))
		assert.Equal(t, time.Second, time.Since(began))
	})
}

func TestEachIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most, sum atomic.Int64
		items := make([]int64, 100)
		for i := range items {
			items[i] = int64(i)
		}
		began := time.Now()
		retry.Each(items, 10, func(n int64) {
			if now := running.Add(1); now > most.Load() {
				most.Store(now)
			}
			time.Sleep(time.Second)
			sum.Add(n)
			running.Add(-1)
		})
		assert.EqualValues(t, 4950, sum.Load())
		assert.LessOrEqual(t, most.Load(), int64(10))
		assert.Equal(t, 10*time.Second, time.Since(began))
		retry.Each(nil, 10, func(int64) { t.Error("nothing is to be done") })
	})
}

func TestTryEachStopsAtAnError(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		bad, calls int // the item that fails, -1 for none; how many calls there are
		err        error
	}{{-1, 10, nil}, {3, 4, broken}, {9, 10, broken}} {
		calls := 0
		err := retry.TryEach([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 1, func(i int) error {
			calls++
			if i == c.bad {
				return broken
			}
			return nil
		})
		assert.Equal(t, c.err, err)
		assert.Equal(t, c.calls, calls)
	}
	var all atomic.Int32
	assert.Equal(t, broken, retry.TryEach(make([]int, 1000), 8, func(int) error {
		all.Add(1)
		return broken
	}))
	assert.LessOrEqual(t, all.Load(), int32(8), "one for each worker")
	assert.NoError(t, retry.TryEach(nil, 8, func(int) error { return broken }))
}
