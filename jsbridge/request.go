//go:build js && wasm

package jsbridge

import (
	"github.com/hack-pad/safejs"

	"rtmwasm/core"
)

// xhr is one XMLHttpRequest. It is used rather than fetch because it tells the progress
// of both ways.
type xhr struct {
	callbacks
	v        value
	upload   value // set while its progress is heard
	listener core.HTTPListener
}

// Request implements core.Host.
func (h *host) Request(r *core.HTTPRequest, l core.HTTPListener) (abort func()) {
	if r.Quiet && isSet(get(safejs.Global(), "fetchBlob")) {
		return h.fetch(r, l)
	}
	x := &xhr{v: construct("XMLHttpRequest"), listener: l}
	if err := x.start(r); err != nil {
		x.detach()
		return h.AfterFunc(0, func() { l.Answered(nil, err) })
	}
	return func() {
		if x.callbacks != nil {
			x.detach() // first: abort tells the listeners at once
			x.v.Call("abort")
		}
	}
}

func (x *xhr) start(r *core.HTTPRequest) error {
	if _, err := x.v.Call("open", r.Method, r.URL, true); err != nil {
		return err
	}
	for _, h := range r.Header {
		if _, err := x.v.Call("setRequestHeader", h[0], h[1]); err != nil {
			return err
		}
	}
	// loadend comes after load, error, abort and timeout; window.stop() aborts.
	x.v.Set("onloadend", x.add(func(value) { x.ended(r.WantBody) }))
	progress := func(event value) { x.listener.Progress(int64(getNumber(event, "loaded"))) }
	if r.WantBody {
		x.v.Set("responseType", "blob")
		x.v.Set("onprogress", x.add(progress))
	}
	var body any
	if r.Body != nil {
		x.upload = get(x.v, "upload")
		x.upload.Set("onprogress", x.add(progress))
		body = r.Body.(blob).v
	}
	_, err := x.v.Call("send", body)
	return err
}

func (x *xhr) ended(wantBody bool) {
	x.detach()
	status := int(getNumber(x.v, "status"))
	if status == 0 {
		x.listener.Answered(nil, networkError{})
		return
	}
	resp := &core.HTTPResponse{
		Status: status,
		Header: func(name string) string {
			v, _ := x.v.Call("getResponseHeader", name)
			return toString(v)
		},
	}
	if body := get(x.v, "response"); wantBody && isSet(body) {
		resp.Body = blob{body}
	}
	x.listener.Answered(resp, nil)
}

// detach takes the callbacks off the request.
func (x *xhr) detach() {
	for _, name := range []string{"onloadend", "onprogress"} {
		x.v.Set(name, nil)
	}
	if isSet(x.upload) {
		x.upload.Set("onprogress", nil)
	}
	x.release()
}

// networkError is all that a page gets to know of a request without an answer.
type networkError struct{}

func (networkError) Error() string { return "network error" }
