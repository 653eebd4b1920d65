package core

import "slices"

// tusVersion is the version of the tus protocol that uploads speak.
const tusVersion = "1.0.0"

// GatewayHeader is in every HTTP answer of a gateway. An answer without it may be that of
// a proxy or a captive portal.
const GatewayHeader = "Rtm-Gateway"

// exchange is one HTTP request of a task and what to do with its answer.
type exchange struct {
	t        *Task
	progress func(n int64)
	answered func(*HTTPResponse)

	// late, where set, takes the answer that comes after the task went on without it;
	// such a request is not aborted.
	late func(*HTTPResponse)
	over bool // answered, halted or given up

	moved     int64   // bytes, by the last progress
	heard     instant // when moved changed, or the start
	stopWatch func()
	abort     func()
}

// Progress implements HTTPListener.
func (x *exchange) Progress(n int64) {
	if x.over || n == x.moved {
		return
	}
	x.moved, x.heard = n, now()
	if x.progress != nil {
		if !x.t.repeating {
			x.t.advanced = x.heard
		}
		x.progress(n)
	}
}

// Answered implements HTTPListener. What may pass by itself is tried again here.
func (x *exchange) Answered(r *HTTPResponse, err error) {
	t := x.t
	if x.over {
		if x.late != nil && err == nil {
			x.late(r)
		}
		return
	}
	x.end()
	switch {
	case err != nil:
		t.c.log(LogInfo, "media request failed, trying again: "+err.Error())
		t.again()
	case passing(r.Status):
		t.c.log(LogInfo, "media request put off by the gateway, trying again")
		t.again()
	default:
		if x.progress != nil { // what was sent or received has arrived
			t.repeating = false
		}
		x.answered(r)
	}
}

// passing reports whether a status speaks of a state that may pass: the session is
// coming back (401), the upload is locked or moved on (409, 423), the gateway is busy
// or down. It does not of 501 and 507: nobody waits until a quota has room again.
func passing(status int) bool {
	switch status {
	case 401, 408, 409, 423, 425, 429:
		return true
	}
	return status >= 500 && status != 501 && status != 507
}

// exchange makes a request of the task.
func (t *Task) exchange(r *HTTPRequest, x *exchange) {
	x.t = t
	x.abort = t.c.mediaRequest(r, x)
	x.heard = now()
	x.watch()
	t.under = append(t.under, x)
}

// end takes the request off its task.
func (x *exchange) end() {
	x.over = true
	x.stopWatch()
	if i := slices.Index(x.t.under, x); i >= 0 {
		x.t.under = slices.Delete(x.t.under, i, i+1)
	}
}

// halt makes the task go on without the request.
func (x *exchange) halt() {
	x.end()
	if x.late == nil {
		x.abort()
	}
}

// watch gives the request up when nothing was heard of it for MediaSilenceLimit: a
// connection can die without a word. It is aborted even where late is set, since dead
// requests would use up the connections that a page may have.
func (x *exchange) watch() {
	t := x.t
	x.stopWatch = t.c.host.AfterFunc(MediaSilenceLimit-since(x.heard), func() {
		if since(x.heard) < MediaSilenceLimit {
			x.watch()
			return
		}
		x.end()
		x.abort()
		t.repeating = true
		t.c.log(LogInfo, "nothing heard of a media request for 20 s, trying again")
		t.again()
	})
}

// mediaRequest adds to a request what all of them carry: r.URL is the media key, ""
// to create.
func (c *Client) mediaRequest(r *HTTPRequest, l HTTPListener) (abort func()) {
	r.URL = c.gateway + "/media/" + r.URL
	r.Header = append(r.Header, [2]string{"Authorization", "Bearer " + c.session.credential})
	if r.Method != "GET" {
		r.Header = append(r.Header, [2]string{"Tus-Resumable", tusVersion})
	}
	return c.host.Request(r, l)
}

// discard removes an upload from the gateway, now or when the connection is back.
func (c *Client) discard(key string) {
	if key == "" || c.session.id == "" {
		return // the gateway removes what a session leaves unfinished
	}
	c.discards = append(c.discards, key)
	if c.state == Connected {
		c.flushDiscards()
	}
}

func (c *Client) flushDiscards() {
	keys := c.discards
	c.discards = nil
	for _, key := range keys {
		c.mediaRequest(&HTTPRequest{Method: "DELETE", URL: key}, &discarding{c, key, c.session.id})
	}
}

// discarding hears the answer to a DELETE.
type discarding struct {
	c       *Client
	key     string
	session string
}

// Progress implements HTTPListener.
func (*discarding) Progress(int64) {}

// Answered implements HTTPListener: what could not be removed is removed with the
// next connection of the session.
func (d *discarding) Answered(r *HTTPResponse, err error) {
	if (err != nil || passing(r.Status)) && d.c.session.id == d.session {
		d.c.discards = append(d.c.discards, d.key)
	}
}
