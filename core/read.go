package core

import "rtmwasm/core/wire"

// read is a request that changes nothing, and waits for its turn because of the rate.
type read struct {
	op      Op
	key     string // the frame as bytes: the same for reads that are identical
	frame   *wire.ClientFrame
	answers []func(*wire.ServerFrame) // of the calls that share it
	stop    func()
}

// read makes a request, now or as soon as the rate allows. If that takes longer than ReadWait, the call
// is refused. Reads of one kind are sent in order. If an identical read is still waiting, both share
// one answer. A read never shares the answer of one that was already sent: that answer may be
// older than changes that the caller knows of.
func (c *Client) read(op Op, frame *wire.ClientFrame, answer func(*wire.ServerFrame)) {
	b, _ := frame.MarshalVT() // checked when it is sent
	queued := false
	for _, r := range c.reads {
		if r.key == string(b) {
			r.answers = append(r.answers, answer)
			return
		}
		queued = queued || r.op == op
	}
	wait, ok := c.rates[op].reserve(Rates[op], now(), ReadWait)
	switch {
	case !ok:
		answer(&wire.ServerFrame{Refusal: &wire.Refusal{Reason: wire.Refusal_TOO_OFTEN, Text: textTooOften(op)}})
	case wait == 0 && !queued:
		c.request(frame, 0, answer)
	default:
		r := &read{op: op, key: string(b), frame: frame, answers: []func(*wire.ServerFrame){answer}}
		c.reads = append(c.reads, r)
		r.stop = c.host.AfterFunc(wait, func() { c.takeTurn(r) })
	}
}

// takeTurn sends a read that waited, except during a logout.
func (c *Client) takeTurn(r *read) {
	if c.loggingOut != nil {
		return
	}
	for i := range c.reads {
		if c.reads[i] == r {
			c.reads = append(c.reads[:i:i], c.reads[i+1:]...)
			break
		}
	}
	c.request(r.frame, 0, r.answered)
}

func (r *read) answered(f *wire.ServerFrame) {
	for _, answer := range r.answers {
		answer(f)
	}
}

// failReads fails the waiting reads because the session is over, and releases their turns.
func (c *Client) failReads() {
	reads := c.reads
	c.reads = nil
	for _, r := range reads {
		r.stop()
		c.rates[r.op].release(now())
		r.answered(sessionOver)
	}
}
