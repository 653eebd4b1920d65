package core

import "time"

// A client never calls the application in the middle of its own work. It queues events and the
// outcomes of methods, and makes the callbacks in order at the end of the call that caused them.
// So a callback finds the client in a consistent state, and may call any method.
//
// A method that is called inside a callback first makes the callbacks that are still queued.
// So it decides on a state that the application knows.

// maxNested is how many callbacks may run inside each other. Deeper ones wait until the
// outer ones have returned, so that an application cannot exhaust the stack.
const maxNested = 32

// enter begins a call into the client, from its host or from the application; exit ends it.
func (c *Client) enter() *Client {
	c.tellQueued()
	c.entered++
	return c
}

func (c *Client) exit() {
	c.entered--
	c.tellQueued()
}

// tell queues a callback.
func (c *Client) tell(f func()) {
	c.queue = append(c.queue, f)
	c.tellQueued()
}

func (c *Client) tellQueued() {
	if c.entered > 0 || c.nested == maxNested {
		return
	}
	c.nested++
	for len(c.queue) > 0 {
		f := c.queue[0]
		c.queue = c.queue[1:]
		f()
	}
	c.nested--
}

// pause makes the queued callbacks in the middle of a call. Afterwards the caller must expect that
// anything has changed.
func (c *Client) pause() {
	entered := c.entered
	c.entered = 0
	c.tellQueued()
	c.entered = entered
}

// later queues done as a callback of the client.
func (c *Client) later(done func(*Error)) func(*Error) {
	return func(err *Error) { c.tell(func() { done(err) }) }
}

// laterWith is later for a method that has a result.
func laterWith[T any](c *Client, done func(T, *Error)) func(T, *Error) {
	return func(result T, err *Error) { c.tell(func() { done(result, err) }) }
}

// pausing calls progress inside the call, not later: a task that is canceled there stops at once.
func (c *Client) pausing(progress func(current, total int64)) func(current, total int64) {
	return func(current, total int64) {
		c.tell(func() { progress(current, total) })
		c.pause()
	}
}

// entries wraps a client's Host, so that each of its callbacks is a call into the client.
type entries struct {
	Host
	c *Client
}

// AfterFunc implements Host.
func (e entries) AfterFunc(d time.Duration, f func()) (stop func()) {
	return e.Host.AfterFunc(d, func() {
		e.c.enter()
		f()
		e.c.exit()
	})
}

// Dial implements Host.
func (e entries) Dial(url string, l SocketListener) Socket {
	return e.Host.Dial(url, socketEntries{l, e.c})
}

// Request implements Host.
func (e entries) Request(r *HTTPRequest, l HTTPListener) (abort func()) {
	return e.Host.Request(r, httpEntries{l, e.c})
}

// SHA256 implements Digester. It returns false if the Host is not a Digester.
func (e entries) SHA256(b Blob, part int64, done func(sums []byte, err error)) (able bool) {
	d, able := e.Host.(Digester)
	return able && d.SHA256(b, part, func(sums []byte, err error) {
		e.c.enter()
		done(sums, err)
		e.c.exit()
	})
}

// Probe implements Prober. It returns false if the Host is not a Prober.
func (e entries) Probe(url string, done func(Probe)) (able bool) {
	p, able := e.Host.(Prober)
	return able && p.Probe(url, func(found Probe) {
		e.c.enter()
		done(found)
		e.c.exit()
	})
}

type socketEntries struct {
	l SocketListener
	c *Client
}

// Opened implements SocketListener.
func (e socketEntries) Opened() {
	e.c.enter()
	e.l.Opened()
	e.c.exit()
}

// Received implements SocketListener.
func (e socketEntries) Received(frame []byte) {
	e.c.enter()
	e.l.Received(frame)
	e.c.exit()
}

// Closed implements SocketListener.
func (e socketEntries) Closed(code int, reason string) {
	e.c.enter()
	e.l.Closed(code, reason)
	e.c.exit()
}

type httpEntries struct {
	l HTTPListener
	c *Client
}

// Progress implements HTTPListener.
func (e httpEntries) Progress(n int64) {
	e.c.enter()
	e.l.Progress(n)
	e.c.exit()
}

// Answered implements HTTPListener.
func (e httpEntries) Answered(r *HTTPResponse, err error) {
	e.c.enter()
	e.l.Answered(r, err)
	e.c.exit()
}
