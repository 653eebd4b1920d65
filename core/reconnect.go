package core

import (
	"math/rand/v2"
	"time"
)

// Waits between attempts to reconnect: full jitter under a cap that doubles from the
// first to the last. (API 8.2: about every 2.5 s, without end)
const (
	firstRetryCap = 500 * time.Millisecond
	lastRetryCap  = 4 * time.Second

	lastRetry = 3 // from this attempt on the wait does not grow

	lastMediaRetryCap = 8 * time.Second // each attempt may send a complete file

	discardRetryCap = time.Minute // nobody waits for the removal, and a proxy may refuse each attempt
)

// backoff returns the wait before attempt n, counted from 0, at most limit. The first wait is very
// short, so that a short fault costs little. The jitter spreads the attempts of many clients.
func backoff(n int, limit time.Duration) time.Duration {
	limit = min(limit, firstRetryCap<<min(n, 8))
	return time.Duration(rand.Int64N(int64(limit)))
}

// retry plans the next attempt to connect.
func (c *Client) retry() {
	c.stopRetry = c.host.AfterFunc(backoff(c.attempts, lastRetryCap), c.redial)
	c.attempts++
}

func (c *Client) redial() {
	c.stopRetry = nil
	c.dial()
}

// Wake tells the client that the network may be back or the page is visible again. The
// client then makes waiting attempts at once.
func (c *Client) Wake() {
	defer c.enter().exit()
	if c.stopRetry != nil {
		c.stopRetry()
		c.attempts = 0
		c.redial()
	}
}
