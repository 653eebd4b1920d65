package core

import (
	"time"

	"rtmwasm/core/wire"
)

// request is a frame that waits for its answer. It outlives connections: after a
// resume it is sent again with its id, and in a new session with a new id.
type request struct {
	frame  *wire.ClientFrame
	answer func(*wire.ServerFrame) // nil: timed out; a frame of Refusal: refused; empty: the session ended
	stop   func()                  // of its timer
}

// sessionOver is the answer of a request whose session ended before it came.
var sessionOver = &wire.ServerFrame{}

// request sends a frame and calls answer once, within RequestTimeout. It sends the frame again
// every resend, in case it was lost without an error of the socket; 0 means never.
func (c *Client) request(frame *wire.ClientFrame, resend time.Duration, answer func(*wire.ServerFrame)) *request {
	return c.requestWithin(RequestTimeout, frame, resend, answer)
}

func (c *Client) requestWithin(limit time.Duration, frame *wire.ClientFrame, resend time.Duration, answer func(*wire.ServerFrame)) *request {
	c.nextID++
	frame.Id = c.nextID
	r := &request{frame: frame, answer: answer}
	c.pending[frame.Id] = r
	c.send(frame) // before setting the timer, which takes a page longer than sending
	if c.pending[frame.Id] == r {
		c.await(r, now()+instant(limit), resend)
	}
	return r
}

// await sends the frame of r again every resend until the deadline. Setting and stopping a timer
// costs a page a fifth of the CPU of a message, so there is one for both.
func (c *Client) await(r *request, deadline instant, resend time.Duration) {
	wait := time.Duration(deadline - now())
	last := resend == 0 || wait <= resend
	if !last {
		wait = resend
	}
	r.stop = c.host.AfterFunc(wait, func() {
		if last || now() >= deadline { // a page in the background may be late
			c.settle(r, nil)
			return
		}
		c.send(r.frame)
		c.await(r, deadline, resend)
	})
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

// withdraw forgets a request and ignores its answer.
func (c *Client) withdraw(r *request) {
	delete(c.pending, r.frame.Id)
	if r.stop != nil {
		r.stop()
	}
}

// unanswered lists the pending requests in the order in which they were made. They are few, and a
// sort of package slices would add more code than this file has.
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

// renumberRequests moves unanswered requests to a new session, after the requests that
// restore the session's state.
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

// failure reports whether the frame is a time-out or a refusal instead of an answer. For an answer it
// returns false and nil.
func failure(f *wire.ServerFrame) (timeout bool, refusal *wire.Refusal) {
	switch {
	case f == nil:
		return true, nil
	case f == sessionOver:
		return false, &wire.Refusal{Reason: wire.Refusal_UNAVAILABLE, Text: "the session ended before the gateway answered"}
	}
	return false, f.Refusal
}

// answerError returns the error of a request that timed out or was refused, or nil for an answer. The
// codes belong to the method's enum.
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
