package main

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A short soak: nothing is lost, and memory and goroutines are flat at the end.
func TestSoak(t *testing.T) {
	s := &soak{length: 30 * time.Second}
	require.NoError(t, s.run(t.Context(), 0, 3))
	assert.NotZero(t, s.sum.files)
	assert.NotZero(t, s.sum.sent)
	assert.NotEmpty(t, s.sum.faults)
}

// What is held shows.
func TestMeasureSelf(t *testing.T) {
	base, err := measureSelf(t.Context())
	require.NoError(t, err)
	assert.False(t, base.exceeds(base))

	release := make(chan struct{})
	for range 2 * allowedGoroutines { // some of those before may have ended meanwhile
		go func() { <-release }()
	}
	now, err := measureSelf(t.Context())
	require.NoError(t, err)
	assert.True(t, now.exceeds(base), now)
	close(release)

	held := make([]byte, base.heap+2*allowedHeap)
	now, err = measureSelf(t.Context())
	require.NoError(t, err)
	assert.True(t, now.exceeds(base), now)
	runtime.KeepAlive(held)
}

func TestSettle(t *testing.T) {
	base := footprint{100, 10 << 20}
	for name, c := range map[string]struct {
		after time.Duration // until when it holds more
		more  footprint
		leaks bool
	}{
		"at once":               {},
		"sessions run out":      {after: 40 * time.Second, more: footprint{500, 80 << 20}},
		"goroutines stay":       {after: time.Hour, more: footprint{131, 10 << 20}, leaks: true},
		"memory stays":          {after: time.Hour, more: footprint{100, 30 << 20}, leaks: true},
		"both within allowance": {after: time.Hour, more: footprint{130, 28 << 20}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				_, err := settle(t.Context(), base, func(context.Context) (footprint, error) {
					if time.Since(began) < c.after {
						return c.more, nil
					}
					return base, nil
				})
				if c.leaks {
					assert.ErrorContains(t, err, "held 100 goroutines, 10.5 MB at the beginning")
				} else {
					assert.NoError(t, err)
				}
			})
		})
	}
}
