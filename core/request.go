package core

import (
	"time"

	"rtmwasm/core/wire"
)

// request is a frame that waits for its answer. It outlives connections: after a
// resume it is sent again under its id, in a new session under a new one.
type request struct {
	frame  *wire.ClientFrame
	answer func(*wire.ServerFrame) // nil: timed out; a frame of Refusal: refused; empty: the session ended
	stop   []func()                // of its timers
}

// sessionOver is the answer of a request whose session ended before it came.
var sessionOver = &wire.ServerFrame{}

// request sends a frame and calls answer once, within RequestTimeout. Sending it again
// every resend covers a frame that got lost without the socket noticing; 0 means never.
func (c *Client) request(frame *wire.ClientFrame, resend time.Duration, answer func(*wire.ServerFrame)) *request {
	return c.requestWithin(RequestTimeout, frame, resend, answer)
}

func (c *Client) requestWithin(limit time.Duration, frame *wire.ClientFrame, resend time.Duration, answer func(*wire.ServerFrame)) *request {
	c.nextID++
	frame.Id = c.nextID
	r := &request{frame: frame, answer: answer}
	c.pending[frame.Id] = r
	c.send(frame) // before the timers, which cost a page more than the message
	r.stop = append(r.stop, c.host.AfterFunc(limit, func() { c.settle(r, nil) }))
	if resend > 0 {
		c.resendEvery(r, resend)
	}
	return r
}

func (c *Client) resendEvery(r *request, d time.Duration) {
	r.stop = append(r.stop, c.host.AfterFunc(d, func() {
		c.send(r.frame)
		c.resendEvery(r, d)
	}))
}

func (c *Client) answered(f *wire.ServerFrame) {
	if r := c.pending[f.ReplyTo]; r != nil {
		c.settle(r, f)
	}
}

func (c *Client) settle(r *request, f *wire.ServerFrame) {
	c.withdraw(r)
	r.answer(f)
}

// withdraw forgets a request: its answer is not wanted any more.
func (c *Client) withdraw(r *request) {
	delete(c.pending, r.frame.Id)
	for _, stop := range r.stop {
		stop()
	}
}

// unanswered lists the pending requests in the order in which they were made. A sort
// of package slices would be larger than all of this file, and they are few.
func (c *Client) unanswered() []*request {
	var out []*request
	for _, r := range c.pending {
		i := len(out)
		out = append(out, r)
		for ; i > 0 && out[i-1].frame.Id > r.frame.Id; i-- {
			out[i] = out[i-1]
		}
		out[i] = r
	}
	return out
}

func (c *Client) resendRequests() {
	for _, r := range c.unanswered() {
		c.send(r.frame)
	}
}

// renumberRequests carries what is unanswered over to a new session, behind what
// restores it.
func (c *Client) renumberRequests() {
	carried := c.unanswered()
	clear(c.pending)
	c.nextID = 0
	c.leaveAgain()
	c.rejoin()
	c.restoreAttributes()
	c.resubscribe()
	for _, r := range carried {
		c.nextID++
		r.frame.Id = c.nextID
		c.pending[r.frame.Id] = r
		c.send(r.frame)
	}
}

func (c *Client) failRequests() {
	for _, r := range c.unanswered() {
		if c.pending[r.frame.Id] == r {
			c.settle(r, sessionOver)
		}
	}
}

// afterInSession calls f once after d, if the session is still the same then.
func (c *Client) afterInSession(d time.Duration, f func()) {
	session := c.session.id
	c.host.AfterFunc(d, func() {
		if c.session.id == session {
			f()
		}
	})
}

// retryInSession calls f again after attempt n, counted from 0, has failed.
func (c *Client) retryInSession(n int, f func()) {
	c.afterInSession(backoff(n, lastRetryCap), f)
}

// failure tells why there is no good answer: it is late, or a refusal. false, nil of a good one.
func failure(f *wire.ServerFrame) (timeout bool, refusal *wire.Refusal) {
	switch {
	case f == nil:
		return true, nil
	case f == sessionOver:
		return false, &wire.Refusal{Reason: wire.Refusal_UNAVAILABLE, Text: "the session ended before the gateway answered"}
	}
	return false, f.Refusal
}

// answerError is the error of a request that got no good answer, nil for a good one. The codes are
// of the method's enum.
func answerError(f *wire.ServerFrame, timeout, tooOften, other int) *Error {
	late, refusal := failure(f)
	switch {
	case late:
		return &Error{Class: Timeout, Code: timeout, Text: "the gateway did not answer within 10 s"}
	case refusal == nil:
		return nil
	case refusal.Reason == wire.Refusal_TOO_OFTEN:
		return &Error{Class: InvokeTooOften, Code: tooOften, Text: refusal.Text}
	}
	return &Error{Class: Unavailable, Code: other, Text: refusal.Text, ServerCode: int(refusal.ServerCode)}
}
