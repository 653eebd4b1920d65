package core

import (
	"slices"
	"strconv"
	"time"
)

// tusVersion is the version of the tus protocol that uploads speak.
const tusVersion = "1.0.0"

// GatewayHeader is in every HTTP answer of a gateway. An answer without it may be that of
// a proxy or a captive portal.
const GatewayHeader = "Rtm-Gateway"

// mediaAttempt is one HTTP request of a task and what to do with its answer.
type mediaAttempt struct {
	t        *Task
	method   string // what the request means
	sent     string // the method that it went out with
	progress func(n int64)
	answered func(*HTTPResponse)

	// smaller, where set, makes the body of the next request smaller than that of this one,
	// which something before the gateway refused (413). It reports whether that can be.
	smaller func() bool

	// late, where set, takes the answer that comes after the task went on without it;
	// such a request is not aborted.
	late func(*HTTPResponse)
	over bool // answered, halted or given up

	ended func() // called at the end, where set

	limit     time.Duration // of silence; see watch
	moved     int64         // bytes, by the last progress
	heard     instant       // the last sign of life, or the start
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

// Answered implements HTTPListener. What may pass by itself is tried again here.
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

// otherMethod has the next requests sent in the other way than this one: what refused it may
// refuse either, and may have done so once only.
func (x *mediaAttempt) otherMethod() {
	if x.method != "GET" && x.method != "POST" {
		x.t.c.override = x.sent == x.method
	}
}

// methodDoubt is after how many failures without an answer a task tries whether requests
// pass with another method. It goes on to try both.
const methodDoubt = 3

// refusesMethod reports whether an answer may mean that something on the way lets only
// GET and POST pass.
func refusesMethod(method string, status int, own bool) bool {
	switch {
	case method == "GET" || method == "POST":
		return false
	case status == 405 || status == 501:
		return true
	}
	return !own && (status == 400 || status == 403 || status == 404)
}

// isTransient reports whether a status speaks of a state that may pass: the session is
// coming back (401), the upload is locked or moved on (409, 423), the gateway is busy
// or down. It does not of 501 and 507: nobody waits until a quota has room again.
func isTransient(status int) bool {
	switch status {
	case 401, 408, 409, 423, 425, 429:
		return true
	}
	return status >= 500 && status != 501 && status != 507
}

// exchange makes a request of the task.
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

// soon is for how long a request may stay without an answer before a byte has moved: twice
// as long after each failure. It is short where the client has just come back, until there
// is an answer, because connections to a gateway that died swallow requests.
func (t *Task) soon() time.Duration {
	if t.c.cameBack && since(t.c.back) < MediaSilenceLimit {
		return MediaComebackLimit << min(max(t.failures-2, 0), 3) // there may be several such connections
	}
	return MediaFirstByteLimit << min(t.failures, 3)
}

// end takes the request off its task.
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

// halt makes the task go on without the request.
func (x *mediaAttempt) halt() {
	x.end()
	if x.late == nil {
		x.abort()
	}
}

// watch gives the request up when nothing was heard of it for its limit: a connection can
// die without a word.
func (x *mediaAttempt) watch() {
	x.stopWatch = x.t.c.host.AfterFunc(x.limit-since(x.heard), func() {
		if since(x.heard) < x.limit {
			x.watch()
			return
		}
		x.giveUp("nothing was heard of a request for " + strconv.Itoa(int(x.limit/time.Second)) + " s")
	})
}

// giveUp aborts the request, also where late is set, since dead requests would use up the
// connections that a page may have.
func (x *mediaAttempt) giveUp(why string) {
	x.end()
	x.abort()
	x.t.retryLater(fault{0, textError(why), why})
}

// mediaRequest adds to a request what all of them carry: r.URL is the media key, ""
// to create.
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

	key   string // "": not known; the nonce names it
	nonce string

	done func(*Error) // where set, is called when nothing is left to be removed
}

// Discard removes what an upload that had a nonce (UploadParams) has left at the gateway, now or when the
// connection is back. done is called when that is done; never, if the session ends before.
func (c *Client) Discard(nonce string, done func(*Error)) {
	defer c.enter().exit()
	c.discard(&discarding{nonce: nonce, done: c.later(done)})
}

// discard removes an upload, now or when the connection is back.
func (c *Client) discard(d *discarding) {
	if d.key == "" && d.nonce == "" || c.session.id == "" {
		return // the gateway removes what a session leaves unfinished
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

// Answered implements HTTPListener: what could not be removed is removed with the
// next connection of the session.
func (d *discarding) Answered(r *HTTPResponse, err error) {
	switch {
	case d.c.session.id != d.session:
	case err != nil || !fromGateway(r) || isTransient(r.Status):
		d.c.discards = append(d.c.discards, d)
	case d.done != nil:
		d.done(nil)
	}
}
