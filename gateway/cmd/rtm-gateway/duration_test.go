package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"7d": 7 * day, "1d12h": 36 * time.Hour, "0d": 0, "24h": day, "1h30m": 90 * time.Minute, "1.5h": 90 * time.Minute, "-1s": -time.Second, "106750d": 106750 * day,
	} {
		var d duration
		assert.NoError(t, d.Set(text), text)
		assert.Equal(t, want, time.Duration(d), text)
	}
	for _, text := range []string{"", "d", "7", "7 d", "-1d", "1.5d", "1d-1h", "1h1d", "7days", "106751d", "106750d2562047h", "99999999999999999999d"} {
		var d duration
		assert.ErrorIs(t, d.Set(text), errDuration, text)
	}
}
