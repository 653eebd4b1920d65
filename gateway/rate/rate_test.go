package rate

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"rtmwasm/core"
)

func TestWindow(t *testing.T) {
	r := window{Rate: core.Rate{N: 2, Window: time.Second}}
	now := time.Unix(1000, 0)
	assert.True(t, r.allow(now))
	assert.True(t, r.allow(now.Add(900*time.Millisecond)))
	assert.False(t, r.allow(now.Add(999*time.Millisecond)))
	assert.True(t, r.allow(now.Add(time.Second)), "the window slides")
	late := now.Add(1800 * time.Millisecond)
	assert.False(t, r.allow(late))
	assert.False(t, r.idle(late))

	r.grant(late)
	spare := 2 * int(core.RequestTimeout/time.Second+1)
	for range spare {
		assert.True(t, r.allow(late))
	}
	assert.False(t, r.allow(late))
	r.grant(late.Add(time.Second))
	assert.False(t, r.allow(late), "granted once in graceEvery")
	assert.True(t, r.idle(late.Add(graceEvery)))
}

func TestRequests(t *testing.T) {
	var rs Requests
	now := time.Unix(1000, 0)
	for range core.Rates[core.OpMembers].N {
		assert.True(t, rs.Allow(core.OpMembers, "", now))
	}
	assert.False(t, rs.Allow(core.OpMembers, "", now))
	assert.True(t, rs.Allow(core.OpCounts, "", now), "each counts for itself")
	rs.Returned()
	assert.True(t, rs.Allow(core.OpMembers, "", now))
	for i := range 10 * maxWindows {
		now = now.Add(time.Second)
		assert.True(t, rs.Allow(core.OpJoinSame, fmt.Sprint("room", i), now))
		assert.LessOrEqual(t, len(rs.by), maxWindows, "those that count nothing are dropped")
	}
}

func TestCounter(t *testing.T) {
	var c Counter
	now := time.Unix(1000, 0)
	assert.Equal(t, 1, c.Add(now, time.Second))
	assert.Equal(t, 2, c.Add(now.Add(999*time.Millisecond), time.Second))
	assert.Equal(t, 1, c.Add(now.Add(time.Second), time.Second))
}
