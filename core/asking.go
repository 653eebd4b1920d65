package core

import "time"

// When the client asks for the offset during a PATCH.
const (
	firstAsk = time.Second // after the PATCH began; later requests follow every lastAsk
	lastAsk  = 2 * time.Second

	// askLimit is how long to wait for an answer before asking again. It doubles each time.
	askLimit = 10 * time.Second
)

// asking asks the gateway by HEAD during a PATCH how much of the upload has arrived. The
// browser's own progress may be wrong: a service worker may hide it, or a proxy may accept the
// body at once and send it on slowly.
type asking struct {
	u *upload
	x *mediaAttempt // the PATCH

	has   int64   // bytes that the gateway had at the last answer
	grew  instant // when has last grew, or the start
	wait  time.Duration
	limit time.Duration // see askLimit
	stop  func()
	asked instant
	plain bool   // the HEAD was sent as HEAD, not as X-HTTP-Method-Override
	abort func() // of the running HEAD, or nil
}

// ask begins to ask about the PATCH x, which sends the bytes after the first base ones.
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

// drop aborts the running HEAD.
func (a *asking) drop() {
	if a.abort != nil {
		a.abort()
		a.abort = nil
	}
}

// end stops asking when the PATCH has ended.
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
		a.u.sending = min(a.u.sending, a.x.moved/2) // the next PATCH is as long as takes a quarter of the time
		a.x.giveUp("the gateway gets nothing of what is sent; does a proxy store requests before it passes them on?")
	}
}
