package core

import "strconv"

// rateWindow counts events in a sliding window. Its memory is bounded by the rate.
type rateWindow struct {
	at   []instant // the latest; a ring when full
	next int       // the oldest of a full ring
}

// allow takes a place at now, or reports that none is free. r is always the same.
func (w *rateWindow) allow(r Rate, now instant) bool {
	if len(w.at) < r.N {
		w.at = append(w.at, now)
		return true
	}
	if now-w.at[w.next] < instant(r.Window) {
		return false
	}
	w.at[w.next] = now
	w.next = (w.next + 1) % r.N
	return true
}

// allow counts a call, or reports that it is one too many.
func (c *Client) allow(op Op) bool { return c.rates[op].allow(Rates[op], now()) }

// tooOften counts a call, and is its error when it is one too many; code is of the
// method's enum. It is asked last, when all other checks have passed.
func (c *Client) tooOften(op Op, code int) *Error {
	if c.allow(op) {
		return nil
	}
	return errTooOften(op, code)
}

func errTooOften(op Op, code int) *Error {
	r := Rates[op]
	return &Error{Class: InvokeTooOften, Code: code,
		Text: "this may be called " + strconv.Itoa(r.N) + " times in " + strconv.Itoa(int(r.Window/1e6)) + " ms"}
}

// joinTooOften is tooOften for a join, which counts for its channel as well.
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
