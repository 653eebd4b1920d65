package gateway

import "time"

// rate counts events in a sliding window.
type rate struct {
	limit  int
	window time.Duration
	at     []time.Time // a ring of the latest limit; nil before the first
	next   int

	spare   int       // events allowed beside the window
	granted time.Time // when spare was last given
}

// allow takes a place at now, or reports that none is free.
func (r *rate) allow(now time.Time) bool {
	if r.at == nil {
		r.at = make([]time.Time, r.limit)
	}
	if now.Sub(r.at[r.next]) >= r.window {
		r.at[r.next] = now
		r.next = (r.next + 1) % len(r.at)
		return true
	}
	if r.spare > 0 {
		r.spare--
		return true
	}
	return false
}

// grant makes n events beside the window free, at most once in the given time.
func (r *rate) grant(n int, every time.Duration, now time.Time) {
	if now.Sub(r.granted) >= every {
		r.spare, r.granted = n, now
	}
}

// counter counts events in one window after another: coarser than rate, and smaller.
type counter struct {
	began time.Time
	n     int
}

// add counts one event and returns how many the current window has.
func (c *counter) add(now time.Time, window time.Duration) int {
	if now.Sub(c.began) >= window {
		c.began, c.n = now, 0
	}
	c.n++
	return c.n
}
