// Package rate limits how often things happen: requests of a session, frames of a socket,
// connections of an address, lines of a log.
package rate

import "time"

// Counter counts events in one window after another. It is less exact than a sliding window, and
// smaller. The zero value is ready for use.
type Counter struct {
	began time.Time
	n     int
}

// Add counts one event and returns how many events the current window has.
func (c *Counter) Add(now time.Time, window time.Duration) int { return c.AddN(1, now, window) }

// AddN counts n events.
func (c *Counter) AddN(n int, now time.Time, window time.Duration) int {
	if c.IsOver(now, window) {
		c.began, c.n = now, 0
	}
	c.n += n
	return c.n
}

// IsOver reports whether the window of the last event is over.
func (c *Counter) IsOver(now time.Time, window time.Duration) bool { return now.Sub(c.began) >= window }
