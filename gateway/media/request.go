package media

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// request is what the tus side needs to know about a request. It travels in the
// context, through tusd, to the data store and the locks.
type request struct {
	who    Principal
	header http.Header // of the answer

	// Of a creation:
	keyID    string // "" for one without a nonce
	lasting  bool   // it is to outlive the session
	expected []byte // SHA-256 that the sender announced, or nil
	created  *Info  // the upload, until something is appended to it
	leave    func() // gives its place back; nil if there is none

	patch *http.Request // nil for other methods
	room  int64         // what the upload lacks, for limitedBody; 0: not known yet

	// asks is set for HEAD, which takes no lock and changes nothing.
	asks bool

	offset   int64        // where the body belongs; set before it is read
	received atomic.Int64 // bytes of the body so far

	control     *http.ResponseController
	interrupted atomic.Bool
	cut         atomic.Bool // the body did not come to its end

	// Of one of the IETF's drafts, see draft.go:
	draft  *draft // nil for tus 1.0
	out    *draftWriter
	upload *tusUpload // what it is about, when that is known
}

type requestKey struct{}

func requestOf(ctx context.Context) *request { return ctx.Value(requestKey{}).(*request) }

// overrideHeader has the method of a request whose client, or a proxy, can't send it.
const overrideHeader = "X-HTTP-Method-Override"

// methodOf is the method that a request is meant to have. (tus 1.0: the header counts, whatever
// the method of the request)
func methodOf(r *http.Request) string {
	return cmp.Or(r.Header.Get(overrideHeader), r.Method)
}

// TakesBody reports whether a request is one of a Handler whose body may be read.
func TakesBody(r *http.Request) bool {
	method := methodOf(r)
	return strings.HasPrefix(r.URL.Path, BasePath) && (method == http.MethodPost || method == http.MethodPatch)
}

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
		b.req.cut.Store(true)
		return 0, b.req.mayGoOn(errInterrupted)
	}
	n, err := b.ReadCloser.Read(p)
	b.req.received.Add(int64(n))
	if err == nil || err == io.EOF {
		return n, err
	}
	b.req.cut.Store(true)
	switch {
	case b.req.interrupted.Load():
		err = b.req.mayGoOn(errInterrupted)
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = b.req.mayGoOn(errCutShort)
	}
	return n, err
}

// tusWriter corrects the header of tusd's answers. It takes scheme and host out of
// Location: only the client knows by which address it reached the gateway. The answer to
// HEAD that came by another method (X-HTTP-Method-Override) has no body, so no
// Content-Length.
type tusWriter struct {
	http.ResponseWriter
	overridden bool
}

func (w tusWriter) WriteHeader(status int) {
	header := w.Header()
	if u, err := url.Parse(header.Get("Location")); err == nil && u.Path != "" {
		header.Set("Location", u.Path)
	}
	if w.overridden && header.Get("Upload-Length") != "" {
		header.Del("Content-Length")
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap gives http.ResponseController the writer that has the deadlines.
func (w tusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
