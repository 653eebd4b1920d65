package core

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRateWindowSlides(t *testing.T) {
	var w rateWindow
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range SendRate {
		require.True(t, w.allow(start.Add(time.Duration(i)*time.Millisecond)))
	}
	assert.False(t, w.allow(start.Add(time.Second)), "the 181st")
	assert.False(t, w.allow(start.Add(SendRateWindow-1)), "a refused one took no place")

	assert.True(t, w.allow(start.Add(SendRateWindow)), "the first place is free again")
	assert.False(t, w.allow(start.Add(SendRateWindow)), "the second is not")
	assert.True(t, w.allow(start.Add(SendRateWindow+time.Millisecond)))
}
