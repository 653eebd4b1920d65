//go:build js && wasm

package jsbridge

import (
	"github.com/hack-pad/safejs"

	"rtmwasm/core"
)

// fetch makes a GET by way of fetchBlob (fetchblob.ts): browsers hand a fetched Blob from
// the network to where Blobs are kept, past the page; that of an XMLHttpRequest goes
// through it.
func (h *host) fetch(r *core.HTTPRequest, l core.HTTPListener) (abort func()) {
	headers := map[string]any{}
	for _, h := range r.Header {
		headers[h[0]] = h[1]
	}
	job, err := safejs.Global().Call("fetchBlob", r.URL, headers)
	if err != nil {
		panic(err) // it has no reason to throw
	}
	aborted := false
	await(get(job, "response"), func(resp value, err error) {
		switch {
		case aborted:
		case err != nil:
			l.Answered(nil, err)
		default:
			l.Answered(&core.HTTPResponse{
				Status: int(getNumber(resp, "status")),
				Header: func(name string) string {
					v, _ := resp.Call("header", name)
					return toString(v)
				},
				Body: blob{get(resp, "body")},
			}, nil)
		}
	})
	return func() {
		aborted = true
		job.Call("abort")
	}
}
