package core

import "time"

// When asking asks, and what it makes of the answers.
const (
	firstAsk = time.Second // after a PATCH began; then each lastAsk
	lastAsk  = 2 * time.Second

	// askLimit is how long an answer is waited for before the question is asked again: at
	// first, then twice as long each time.
	askLimit = 10 * time.Second
)

// asking asks the gateway by HEAD, beside a running PATCH, how much of the upload it has.
// The browser's own progress may say nothing, where a service worker passes requests on,
// or too much, where something takes the body at once and sends it slowly.
type asking struct {
	u *upload
	x *mediaAttempt // the PATCH

	has   int64   // what the gateway had when it was asked last
	grew  instant // when has became more, or the start
	wait  time.Duration
	limit time.Duration // see askLimit
	stop  func()
	asked instant
	plain bool   // the HEAD went out as HEAD
	abort func() // of the HEAD under way, or nil
}

// ask begins to ask about the PATCH x, that sends what follows the first base bytes.
func (u *upload) ask(x *mediaAttempt, base int64) {
	a := &asking{u: u, x: x, has: base, grew: now(), wait: firstAsk, limit: askLimit}
	x.ended = a.end
	a.plan()
}

func (a *asking) plan() {
	a.stop = a.u.c.host.AfterFunc(a.wait, func() {
		a.wait = min(2*a.wait, lastAsk)
		a.plan()
		if a.abort != nil && since(a.asked) >= a.limit {
			a.drop()
			a.limit *= 2
		}
		if a.abort == nil {
			a.asked, a.plain = now(), !a.u.c.override
			a.abort = a.u.c.mediaRequest(&HTTPRequest{Method: "HEAD", URL: a.u.key}, a)
			a.u.doubt()
		}
	})
}

// drop gives up the HEAD under way.
func (a *asking) drop() {
	if a.abort != nil {
		a.abort()
		a.abort = nil
	}
}

// end stops all of it, when the PATCH has ended.
func (a *asking) end() {
	a.stop()
	a.drop()
}

// Progress implements HTTPListener.
func (*asking) Progress(int64) {}

// Answered implements HTTPListener.
func (a *asking) Answered(r *HTTPResponse, err error) {
	a.abort = nil
	if err != nil {
		return
	}
	if refusesMethod("HEAD", r.Status, fromGateway(r)) {
		a.u.c.override = a.plain
	}
	n, ok := a.u.offsetIn(r)
	if !ok || r.Status != 200 && r.Status != 204 {
		return
	}
	if n > a.has {
		a.has, a.grew = n, now()
		a.x.heard = a.grew
		a.u.confirm(n)
		a.u.show(min(n, a.u.total-1))
		return
	}
	if silence := since(a.x.heard); silence >= MediaSilenceLimit {
		a.x.giveUp("the gateway gets nothing more of the body")
	} else if since(a.grew) >= MediaUselessLimit {
		a.u.sending = min(a.u.sending, a.x.moved/2) // what is sent in a quarter of the time comes next
		a.x.giveUp("the gateway gets nothing of what is sent; does a proxy store requests before it passes them on?")
	}
}
