package core

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRateWindowSlides(t *testing.T) {
	var w rateWindow
	allow := func(after time.Duration) bool { return w.allow(1 + instant(after)) }
	for i := range SendRate {
		require.True(t, allow(time.Duration(i)*time.Millisecond))
	}
	assert.False(t, allow(time.Second), "the 181st")
	assert.False(t, allow(SendRateWindow-1), "a refused one took no place")

	assert.True(t, allow(SendRateWindow), "the first place is free again")
	assert.False(t, allow(SendRateWindow), "the second is not")
	assert.True(t, allow(SendRateWindow+time.Millisecond))
}
