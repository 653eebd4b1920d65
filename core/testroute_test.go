package core

import (
	"strconv"
	"time"
)

// route plays a gateway with one upload or file, and what lies between it and the client. It
// answers each request once, or, where a function says so, as time goes by.
type route struct {
	w      *world
	whole  []byte
	stored int64 // of an upload

	// on, where set, sees each request before the gateway, in every step of time from its
	// start; it reports whether it has dealt with it, if only by letting it wait.
	on func(r *testRequest) bool

	began  map[*testRequest]time.Time
	sent   int64 // bytes of bodies
	asked  map[string]int
	patch  []int64 // sizes of bodies
	events []string
}

func (w *world) route(size int) *route {
	return &route{w: w, whole: pattern(size), began: map[*testRequest]time.Time{}, asked: map[string]int{}}
}

const routeStep = 100 * time.Millisecond

// play lets time pass until the client has nothing to do any more, or d is over, and returns
// how much passed.
func (p *route) play(d time.Duration) time.Duration {
	begin := time.Now()
	p.w.host.settle()
	for time.Since(begin) < d && len(p.w.tasks) > 0 {
		for _, r := range p.w.host.outstanding() {
			if !r.over {
				p.step(r)
			}
		}
		p.w.alive(routeStep)
	}
	p.events = append(p.events, p.w.taken()...)
	return time.Since(begin)
}

// age is for how long a request has been under way.
func (p *route) age(r *testRequest) time.Duration { return time.Since(p.began[r]) }

func (p *route) step(r *testRequest) {
	if _, old := p.began[r]; !old {
		p.began[r] = time.Now()
		p.asked[method(r)]++
		if n := int64(len(r.body())); n > 0 {
			p.sent += n
			p.patch = append(p.patch, n)
		}
	}
	if p.on == nil || !p.on(r) {
		p.gateway(r)
	}
}

// method is what a request means to the gateway.
func method(r *testRequest) string {
	if m := r.header("X-HTTP-Method-Override"); m != "" {
		return m
	}
	return r.Method
}

// gateway answers as the gateway does to a request that reaches it.
func (p *route) gateway(r *testRequest) {
	switch method(r) {
	case "POST":
		p.take(r)
		r.created(testKey, p.stored)
	case "HEAD":
		r.answer(200, headers{"Upload-Offset": strconv.FormatInt(p.stored, 10)}, nil)
	case "PATCH":
		if r.header("Upload-Offset") != strconv.FormatInt(p.stored, 10) {
			r.answer(409, nil, nil)
			return
		}
		p.take(r)
		r.answer(204, headers{"Upload-Offset": strconv.FormatInt(p.stored, 10)}, nil)
	case "GET":
		r.piece(p.whole)
	case "DELETE":
		r.answer(204, nil, nil)
	}
}

func (p *route) take(r *testRequest) { p.stored += int64(len(r.body())) }

// failed is the error that the task ends with.
func (p *route) upload() func() *Error {
	var got *Error
	p.w.Upload(&testBlob{h: p.w.host, b: p.whole}, UploadParams{}, p.w.shown("up"), func(u *Uploaded, err *Error) {
		got = err
		p.w.note("up: " + outcome(err))
	})
	return func() *Error { return got }
}

func (p *route) download() func() *Error {
	var got *Error
	p.w.Download(MediaID(testKey, int64(len(p.whole)), false, 0, 0), p.w.shown("down"), func(_ Blob, err *Error) {
		got = err
		p.w.note("down: " + outcome(err))
	})
	return func() *Error { return got }
}
