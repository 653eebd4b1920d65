package core

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// headers are those of a response.
type headers map[string]string

// testRequest is one HTTP request of the client; the test answers it.
type testRequest struct {
	*HTTPRequest
	h       *testHost
	t       *testing.T
	l       HTTPListener
	over    bool
	aborted bool
}

// Request implements Host.
func (h *testHost) Request(r *HTTPRequest, l HTTPListener) (abort func()) {
	request := &testRequest{HTTPRequest: r, h: h, t: h.t, l: l}
	h.requests = append(h.requests, request)
	return func() { request.over, request.aborted = true, true }
}

// outstanding are the requests that were neither answered nor aborted.
func (h *testHost) outstanding() (out []*testRequest) {
	for _, r := range h.requests {
		if !r.over {
			out = append(out, r)
		}
	}
	return out
}

// only is the one outstanding request, which must have the given method.
func (h *testHost) only(method string) *testRequest {
	h.t.Helper()
	h.settle()
	out := h.outstanding()
	require.Len(h.t, out, 1)
	require.Equal(h.t, method, out[0].Method)
	return out[0]
}

// answer ends the request with a response of the gateway.
func (r *testRequest) answer(status int, header headers, body []byte) {
	r.t.Helper()
	own := headers{GatewayHeader: "1"}
	for name, value := range header {
		own[name] = value
	}
	r.proxied(status, own, body)
}

// proxied ends the request with a response of something before the gateway.
func (r *testRequest) proxied(status int, header headers, body []byte) {
	r.t.Helper()
	r.end()
	resp := &HTTPResponse{Status: status, Header: func(name string) string { return header[name] }}
	if r.WantBody {
		resp.Body = &testBlob{h: r.h, b: body}
	}
	r.l.Answered(resp, nil)
}

// fail ends the request without a response.
func (r *testRequest) fail() {
	r.t.Helper()
	r.end()
	r.l.Answered(nil, textError("network down"))
}

func (r *testRequest) end() {
	r.t.Helper()
	require.False(r.t, r.over, "the request is over")
	r.over = true
}

// progress tells how many bytes went over.
func (r *testRequest) progress(n int64) {
	r.t.Helper()
	require.False(r.t, r.over, "the request is over")
	r.l.Progress(n)
}

// header is the value of a request header, "" where absent.
func (r *testRequest) header(name string) string {
	for _, h := range r.Header {
		if h[0] == name {
			return h[1]
		}
	}
	return ""
}

// body is what the request carries.
func (r *testRequest) body() []byte {
	if r.Body == nil {
		return nil
	}
	return r.Body.(*testBlob).b
}

// testBlob is a Blob of bytes. A Read is answered when the host settles.
type testBlob struct {
	h    *testHost
	b    []byte
	mime string
	err  error // of every Read
}

// Size implements Blob.
func (b *testBlob) Size() int64 { return int64(len(b.b)) }

// Slice implements Blob.
func (b *testBlob) Slice(from, to int64) Blob {
	return &testBlob{h: b.h, b: b.b[from:to], err: b.err}
}

// Read implements Blob.
func (b *testBlob) Read(from, to int64, done func([]byte, error)) {
	from, to = min(from, b.Size()), min(to, b.Size())
	b.h.AfterFunc(0, func() {
		if b.err != nil {
			done(nil, b.err)
			return
		}
		done(b.b[from:to], nil)
	})
}
