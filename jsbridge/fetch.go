//go:build js && wasm

package jsbridge

import "rtmwasm/core"

// fetch makes a request with fetchBlob (fetchblob.ts). Browsers store the Blob of a fetch
// without passing its bytes through the page, as an XMLHttpRequest does. fetch reports no
// progress.
func fetch(r *core.HTTPRequest, l core.HTTPListener) (abort func(), err error) {
	headers := map[string]any{}
	for _, h := range r.Header {
		headers[h[0]] = h[1]
	}
	var body any
	if b, ok := r.Body.(blob); ok {
		if b.err != nil {
			return nil, b.err
		}
		body = b.v
	}
	job, err := callGlobal("fetchBlob", r.URL, headers, r.Method, body)
	if err != nil {
		return nil, err
	}
	aborted := false
	await(get(job, "response"), nil, func(resp value, err error) {
		switch {
		case aborted:
		case err != nil:
			l.Answered(nil, err)
		default:
			l.Answered(&core.HTTPResponse{
				Status: int(getNumber(resp, "status")),
				Header: func(name string) string {
					return header(resp, "header", name)
				},
				Body: blob{v: get(resp, "body")},
			}, nil)
		}
	})
	return func() {
		aborted = true
		_, err := call(job, "abort")
		report(err)
	}, nil
}
