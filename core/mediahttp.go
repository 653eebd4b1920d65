package core

import (
	"slices"
	"strconv"
	"time"
)

// tusVersion is the version of the tus protocol that uploads speak.
const tusVersion = "1.0.0"

// GatewayHeader is in every HTTP answer of a gateway. An answer without it may come from a
// proxy or a captive portal.
const GatewayHeader = "Rtm-Gateway"

// mediaAttempt is one HTTP request of a task, with the functions that handle its answer.
type mediaAttempt struct {
	t        *Task
	method   string // the method that the request means
	sent     string // the method that it was sent with
	progress func(n int64)
	answered func(*HTTPResponse)

	// smaller may be nil. It makes the body of the next request smaller, because a proxy refused
	// this one (413). It returns false if the body cannot be smaller.
	smaller func() bool

	// late may be nil. It gets an answer that comes after the task has continued without it.
	// A request with late is not aborted.
	late func(*HTTPResponse)
	over bool // answered, halted or given up

	ended func() // called at the end; may be nil

	limit     time.Duration // how long the request may make no progress; see watch
	moved     int64         // bytes at the last progress
	heard     instant       // when the last progress came, or the start
	stopWatch func()
	abort     func()
}

// Progress implements HTTPListener.
func (x *mediaAttempt) Progress(n int64) {
	if x.over || n == x.moved {
		return
	}
	x.moved, x.heard = n, now()
	x.limit = max(x.limit, MediaSilenceLimit)
	if x.progress != nil {
		x.progress(n)
	}
}

// Answered implements HTTPListener. It tries again after failures that may be temporary.
func (x *mediaAttempt) Answered(r *HTTPResponse, err error) {
	t := x.t
	if x.over {
		if x.late != nil && err == nil {
			x.late(r)
		}
		return
	}
	x.end()
	if u, ok := err.(Unsupported); ok {
		t.failed(&Error{Class: Unavailable, Code: t.codes.failure, Text: u.Error(), Cause: u.Cause})
		return
	}
	if err != nil {
		if t.failures >= methodDoubt {
			x.otherMethod()
		}
		t.retryLater(t.c.errorFault(err))
		return
	}
	t.c.mediaAnswered, t.c.cameBack = true, false
	own := fromGateway(r)
	switch {
	case r.Status == 413 && !own && x.smaller != nil:
		if !x.smaller() {
			t.unavailable(statusFault(r, own))
		}
		t.resume()
	case refusesMethod(x.method, r.Status, own):
		x.otherMethod()
		fallthrough
	case !own || isTransient(r.Status):
		t.retryLater(statusFault(r, own))
	default:
		x.answered(r)
	}
}

// otherMethod switches the next requests between real methods and X-HTTP-Method-Override. It may
// switch back: the refusal may have had another cause, and a proxy may refuse either of the two.
func (x *mediaAttempt) otherMethod() {
	if x.method != "GET" && x.method != "POST" {
		x.t.c.override = x.sent == x.method
	}
}

// methodDoubt is the number of failures without an answer after which a task tries the other way to
// send methods. After further failures it tries both by turns.
const methodDoubt = 3

// refusesMethod reports whether an answer may mean that a proxy lets only GET and POST pass.
func refusesMethod(method string, status int, own bool) bool {
	switch {
	case method == "GET" || method == "POST":
		return false
	case status == 405 || status == 501:
		return true
	}
	return !own && (status == 400 || status == 403 || status == 404)
}

// isTransient reports whether the cause of a status may be temporary: the session is being
// resumed (401), the upload is locked or has another offset (409, 423), or the gateway is busy
// or down. 501 and 507 do not count: it may take days until a quota has room again.
func isTransient(status int) bool {
	switch status {
	case 401, 408, 409, 423, 425, 429:
		return true
	}
	return status >= 500 && status != 501 && status != 507
}

// exchange makes a request for the task.
func (t *Task) exchange(r *HTTPRequest, x *mediaAttempt) {
	x.t, x.method = t, r.Method
	x.abort = t.c.mediaRequest(r, x)
	x.sent = r.Method
	x.heard = now()
	if x.limit == 0 {
		x.limit = MediaSilenceLimit
	}
	x.watch()
	t.inFlight = append(t.inFlight, x)
}

// soon returns how long a request may wait for its first byte. The time doubles after each
// failure. After the client has reconnected, it is short until there is an answer: requests on
// old connections to a dead gateway get no answer.
func (t *Task) soon() time.Duration {
	if t.c.cameBack && since(t.c.back) < MediaSilenceLimit {
		return MediaComebackLimit << min(max(t.failures-2, 0), 3) // the browser may have several such connections
	}
	return MediaFirstByteLimit << min(t.failures, 3)
}

// end removes the request from its task.
func (x *mediaAttempt) end() {
	x.over = true
	x.stopWatch()
	if x.ended != nil {
		x.ended()
	}
	if i := slices.Index(x.t.inFlight, x); i >= 0 {
		x.t.inFlight = append(x.t.inFlight[:i:i], x.t.inFlight[i+1:]...)
	}
}

// halt makes the task continue without the request.
func (x *mediaAttempt) halt() {
	x.end()
	if x.late == nil {
		x.abort()
	}
}

// watch gives the request up when it has made no progress for its limit. A connection can die without
// an error.
func (x *mediaAttempt) watch() {
	x.stopWatch = x.t.c.host.AfterFunc(x.limit-since(x.heard), func() {
		if since(x.heard) < x.limit {
			x.watch()
			return
		}
		x.giveUp("nothing was heard of a request for " + strconv.Itoa(int(x.limit/time.Second)) + " s")
	})
}

// giveUp aborts the request, also if late is set, because dead requests would use up the
// connections of the page.
func (x *mediaAttempt) giveUp(why string) {
	x.end()
	x.abort()
	x.t.retryLater(fault{0, textError(why), why})
}

// mediaRequest adds the URL and the headers that all requests need. r.URL is the media key, or ""
// to create an upload.
func (c *Client) mediaRequest(r *HTTPRequest, l HTTPListener) (abort func()) {
	r.URL = c.gateway + "/media/" + r.URL
	r.Header = append(r.Header, [2]string{"Authorization", "Bearer " + c.session.credential})
	if r.Method != "GET" {
		r.Header = append(r.Header, [2]string{"Tus-Resumable", tusVersion})
	}
	if c.override && r.Method != "GET" && r.Method != "POST" {
		r.Header = append(r.Header, [2]string{"X-HTTP-Method-Override", r.Method})
		r.Method = "POST"
	}
	return c.host.Request(r, l)
}

// discarding removes an upload from the gateway.
type discarding struct {
	c       *Client
	session string

	key   string // "": not known, and the nonce identifies it
	nonce string

	attempts int          // how many have failed
	done     func(*Error) // called when the upload is removed; may be nil
}

// Discard removes an unfinished upload with a nonce (UploadParams) from the gateway, now or when the
// connection is back. Then it calls done. It never calls done if the session ends before.
func (c *Client) Discard(nonce string, done func(*Error)) {
	defer c.enter().exit()
	c.discard(&discarding{nonce: nonce, done: c.later(done)})
}

// discard removes an upload, now or when the connection is back.
func (c *Client) discard(d *discarding) {
	if d.key == "" && d.nonce == "" || c.session.id == "" {
		return // the gateway removes the unfinished uploads of a session
	}
	d.c, d.session = c, c.session.id
	c.discards = append(c.discards, d)
	if c.state == Connected {
		c.flushDiscards()
	}
}

func (c *Client) flushDiscards() {
	discards := c.discards
	c.discards = nil
	for _, d := range discards {
		r := &HTTPRequest{Method: "DELETE", URL: d.key}
		if d.key == "" {
			r.Header = [][2]string{{"Upload-Metadata", "nonce " + d.nonce}}
		}
		c.mediaRequest(r, d)
	}
}

// Progress implements HTTPListener.
func (*discarding) Progress(int64) {}

// Answered implements HTTPListener. If the upload could not be removed, the client tries again later,
// or when the connection is back.
func (d *discarding) Answered(r *HTTPResponse, err error) {
	switch {
	case d.c.session.id != d.session:
	case err != nil || !fromGateway(r) || isTransient(r.Status):
		d.c.discards = append(d.c.discards, d)
		d.c.afterInSession(backoff(d.attempts, discardRetryCap), func() {
			if d.c.state == Connected {
				d.c.flushDiscards()
			}
		})
		d.attempts++
	case d.done != nil:
		d.done(nil)
	}
}
