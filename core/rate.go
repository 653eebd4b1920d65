package core

import (
	"strconv"
	"time"
)

// rateWindow counts events in a sliding window. It remembers at most as many events as the rate allows.
type rateWindow struct {
	at   []instant // the latest events, some perhaps in the future; a ring when full
	next int       // the oldest of a full ring
}

// allow counts an event now, or returns false if the rate does not allow it. r must always be the same.
func (w *rateWindow) allow(r Rate, now instant) bool {
	_, ok := w.reserve(r, now, 0)
	return ok
}

// reserve counts an event at the next time that the rate allows, and returns how long it is until then.
// If that is longer than longest, it counts nothing and returns false.
func (w *rateWindow) reserve(r Rate, now instant, longest time.Duration) (wait time.Duration, ok bool) {
	if len(w.at) < r.N {
		w.at = append(w.at, now)
		return 0, true
	}
	at := max(now, w.at[w.next]+instant(r.Window))
	if wait = time.Duration(at - now); wait > longest {
		return 0, false
	}
	w.at[w.next] = at
	w.next = (w.next + 1) % r.N
	return wait, true
}

// release removes the events that are later than now.
func (w *rateWindow) release(now instant) {
	for i, at := range w.at {
		w.at[i] = min(at, now)
	}
}

// allow counts a call, or returns false if it is over the rate.
func (c *Client) allow(op Op) bool { return c.rates[op].allow(Rates[op], now()) }

// tooOften counts a call, and returns an error with code if it is over the rate. It must be the last
// check, after all others have passed.
func (c *Client) tooOften(op Op, code int) *Error {
	if c.allow(op) {
		return nil
	}
	return errTooOften(op, code)
}

func errTooOften(op Op, code int) *Error {
	return &Error{Class: InvokeTooOften, Code: code, Text: textTooOften(op)}
}

func textTooOften(op Op) string {
	r := Rates[op]
	return "this may be called " + strconv.Itoa(r.N) + " times in " + strconv.Itoa(int(r.Window/1e6)) + " ms"
}

// joinTooOften is tooOften for a join, which also counts for its channel.
func (c *Client) joinTooOften(channel string) *Error {
	for id, w := range c.joins {
		if now()-w.at[(w.next+len(w.at)-1)%len(w.at)] >= instant(Rates[OpJoinSame].Window) { // its latest
			delete(c.joins, id)
		}
	}
	w := c.joins[channel]
	if w == nil {
		w = &rateWindow{}
		c.joins[channel] = w
	}
	if !w.allow(Rates[OpJoinSame], now()) {
		return errTooOften(OpJoinSame, JoinChannelErrJoinSameChannelTooOften)
	}
	return c.tooOften(OpJoin, JoinChannelErrTooOften)
}
