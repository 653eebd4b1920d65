//go:build js && wasm

package jsbridge

import "rtmwasm/core"

// xhr is one XMLHttpRequest. Unlike fetch, it reports the progress of uploads and downloads.
type xhr struct {
	callbacks
	v        value
	upload   value // set while it has a listener for progress
	listener core.HTTPListener
}

// Request implements core.Host. If one of XMLHttpRequest and fetch can't make the request, it
// uses the other: service workers have no XMLHttpRequest, for example. If both fail, the
// answer is core.Unsupported.
func (h *host) Request(r *core.HTTPRequest, l core.HTTPListener) (abort func()) {
	first, second := send, fetch
	if r.NoProgress {
		first, second = fetch, send
	}
	abort, err := first(r, l)
	if err != nil {
		abort, err = second(r, l)
	}
	if err != nil {
		return h.AfterFunc(0, func() { l.Answered(nil, core.Unsupported{Cause: err}) })
	}
	return abort
}

// send makes a request by XMLHttpRequest.
func send(r *core.HTTPRequest, l core.HTTPListener) (abort func(), err error) {
	x := &xhr{listener: l}
	abort = func() {
		if x.callbacks != nil {
			x.detach() // first, because abort calls the listeners at once
			_, err := call(x.v, "abort")
			report(err)
		}
	}
	if x.v, err = construct("XMLHttpRequest"); err == nil {
		if err = x.start(r); err != nil {
			abort()
		}
	}
	return abort, err
}

func (x *xhr) start(r *core.HTTPRequest) error {
	if _, err := call(x.v, "open", r.Method, r.URL, true); err != nil {
		return err
	}
	for _, h := range r.Header {
		if _, err := call(x.v, "setRequestHeader", h[0], h[1]); err != nil {
			return err
		}
	}
	// loadend comes after load, error, abort and timeout; window.stop() aborts.
	err := set(x.v, "onloadend", x.add(func(value) { x.ended(r.WantBody) }))
	progress := x.add(func(event value) { x.listener.Progress(int64(getNumber(event, "loaded"))) })
	if err == nil && r.WantBody {
		err = set(x.v, "responseType", "blob", "onprogress", progress)
	}
	var body any
	if b, ok := r.Body.(blob); ok && err == nil {
		x.upload = get(x.v, "upload")
		if err = b.err; err == nil {
			err = set(x.upload, "onprogress", progress)
		}
		body = b.v
	}
	if err == nil {
		_, err = call(x.v, "send", body)
	}
	return err
}

func (x *xhr) ended(wantBody bool) {
	x.detach()
	status := int(getNumber(x.v, "status"))
	if status == 0 {
		err := networkError
		if toBool(get(x.v, "withCredentials")) {
			err = credentialsError
		}
		x.listener.Answered(nil, err)
		return
	}
	resp := &core.HTTPResponse{
		Status: status,
		Header: func(name string) string {
			return header(x.v, "getResponseHeader", name)
		},
	}
	if body := get(x.v, "response"); wantBody && isSet(body) {
		resp.Body = blob{v: body}
	}
	x.listener.Answered(resp, nil)
}

// detach removes the callbacks from the request and frees them.
func (x *xhr) detach() {
	err := set(x.v, "onloadend", nil, "onprogress", nil)
	if err == nil && isSet(x.upload) {
		err = set(x.upload, "onprogress", nil)
	}
	report(err)
	x.release()
}

// header returns a header of an answer. It is "" if the page may not read the header.
func header(answer value, method, name string) string {
	v, err := call(answer, method, name)
	if err != nil {
		return ""
	}
	return toString(v)
}

// networkError is the error of a request without an answer. Browsers tell pages no reason.
const networkError scriptError = "network error"

// credentialsError is networkError if a hook of the page has set withCredentials.
const credentialsError = networkError + "; the page sets withCredentials: --origins of the gateway must name its origin"
