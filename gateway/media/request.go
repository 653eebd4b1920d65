package media

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

// request is what the tus side needs to know about a request. It travels in the
// context, through tusd, to the data store and the locks.
type request struct {
	who    Principal
	header http.Header // of the answer

	// Of a creation:
	key      string // "" for one without a nonce
	expected []byte // SHA-256 that the sender announced, or nil

	control     *http.ResponseController
	interrupted atomic.Bool
}

type requestKey struct{}

func requestOf(ctx context.Context) *request { return ctx.Value(requestKey{}).(*request) }

// letGo makes the request stop reading its body, at once also if a read is waiting.
// What was read is stored, and then its lock is free.
func (r *request) letGo() {
	r.interrupted.Store(true)
	// tusd moves the deadline on after each read; the flag is looked at before each.
	_ = r.control.SetReadDeadline(time.Now()) // an error means the connection is gone
}

// interruptibleBody is a request body that ends when its request is to let go.
type interruptibleBody struct {
	io.ReadCloser
	req *request
}

func (b interruptibleBody) Read(p []byte) (int, error) {
	if b.req.interrupted.Load() {
		return 0, errInterrupted
	}
	n, err := b.ReadCloser.Read(p)
	switch {
	case err == nil || err == io.EOF:
	case b.req.interrupted.Load():
		err = errInterrupted
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = errCutShort
	}
	return n, err
}

// pathLocation takes scheme and host out of the Location header: only the client
// knows by which address it reached the gateway.
type pathLocation struct{ http.ResponseWriter }

func (w pathLocation) WriteHeader(status int) {
	if u, err := url.Parse(w.Header().Get("Location")); err == nil && u.Path != "" {
		w.Header().Set("Location", u.Path)
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap gives http.ResponseController the writer that has the deadlines.
func (w pathLocation) Unwrap() http.ResponseWriter { return w.ResponseWriter }
