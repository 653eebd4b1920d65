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

// request has the data of a request that tusStore and locks need. They get it from the context, which passes
// through tusd.
type request struct {
	who    Principal
	header http.Header // of the response

	// For a creation:
	keyID    string // "" if the creation has no nonce
	lasting  bool   // the upload continues after the session has ended
	expected []byte // SHA-256 that the sender announced, or nil
	created  *Info  // the upload, until bytes are appended to it
	leave    func() // gives back the place in the session; nil if there is none
	locked   string // the KeyID whose lock it has until the response is sent; "" for no lock

	patch *http.Request // nil for other methods
	room  int64         // how many bytes the upload lacks, for limitedBody; 0 means not known yet

	// readOnly is set for HEAD of tus 1.0, which takes no lock and changes nothing.
	readOnly bool

	offset   int64        // where in the upload the body begins; set before the body is read
	received atomic.Int64 // bytes of the body so far

	control     *http.ResponseController
	interrupted atomic.Bool
	cut         atomic.Bool // the body was incomplete

	// For one of the IETF's drafts, see draft.go:
	draft  *draft // nil for tus 1.0
	out    *draftWriter
	upload *tusUpload // the upload, when it is known
}

type requestKey struct{}

func requestOf(ctx context.Context) *request { return ctx.Value(requestKey{}).(*request) }

// overrideHeader has the intended method if the client or a proxy cannot send that method.
const overrideHeader = "X-HTTP-Method-Override"

// methodOf returns the intended method of a request. By tus 1.0, the header has precedence.
func methodOf(r *http.Request) string {
	return cmp.Or(r.Header.Get(overrideHeader), r.Method)
}

// TakesBody reports whether a request is one of a Handler whose body may be read.
func TakesBody(r *http.Request) bool {
	method := methodOf(r)
	return strings.HasPrefix(r.URL.Path, BasePath) && (method == http.MethodPost || method == http.MethodPatch)
}

// stopReading makes the request stop reading its body at once, even if a read is waiting. Then the bytes that were read
// are stored, and the request releases its lock.
func (r *request) stopReading() {
	r.interrupted.Store(true)
	// tusd extends the deadline after each read, so Read also checks the flag before each read.
	_ = r.control.SetReadDeadline(time.Now()) // an error means the connection is gone
}

// interruptibleBody is a request body that ends when stopReading is called.
type interruptibleBody struct {
	io.ReadCloser
	req *request
}

func (b interruptibleBody) Read(p []byte) (int, error) {
	if b.req.interrupted.Load() {
		b.req.cut.Store(true)
		return 0, b.req.retryable(errInterrupted)
	}
	n, err := b.ReadCloser.Read(p)
	b.req.received.Add(int64(n))
	if err == nil || err == io.EOF {
		return n, err
	}
	b.req.cut.Store(true)
	switch {
	case b.req.interrupted.Load():
		err = b.req.retryable(errInterrupted)
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = b.req.retryable(errCutShort)
	}
	return n, err
}

// tusWriter corrects the headers of tusd's responses. It removes scheme and host from Location, because only the
// client knows the address by which it reached the gateway. It removes Content-Length from the response to a HEAD
// that was sent with another method (X-HTTP-Method-Override), because that response has no body.
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

// Unwrap lets http.ResponseController set the deadlines of the connection.
func (w tusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
