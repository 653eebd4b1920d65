package core

import (
	"math/rand/v2"
	"time"
)

// Waits between attempts to come back: full jitter under a cap that doubles from the
// first to the last. (API 8.2: about every 2.5 s, for ever)
const (
	firstRetryCap = 500 * time.Millisecond
	lastRetryCap  = 4 * time.Second

	lastRetry = 3 // the attempt from which on the wait grows no more

	lastMediaRetryCap = 8 * time.Second // each attempt may cost a whole file
)

// backoff is the wait before attempt n, counted from 0: at most limit. The first is almost
// at once, so that a passing fault costs little; the jitter keeps a crowd apart.
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
