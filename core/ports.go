package core

import "time"

// Host is what a Client needs from its environment. Its methods must not block, and must not
// call the listener or function before they have returned. They must make one callback at a
// time (see the package comment).
type Host interface {
	// Dial opens a WebSocket to url (ws or wss).
	Dial(url string, l SocketListener) Socket

	// Request makes one HTTP request. After abort the listener is not called
	// again.
	Request(r *HTTPRequest, l HTTPListener) (abort func())

	// AfterFunc calls f once after d, unless stopped before.
	AfterFunc(d time.Duration, f func()) (stop func())

	// Join makes one Blob of parts, with a MIME type.
	Join(parts []Blob, mime string) Blob

	// NewBlob makes a Blob of bytes. The caller does not change b afterwards.
	NewBlob(b []byte) Blob
}

// Digester is an optional interface of a Host that can hash without blocking the page.
type Digester interface {
	// SHA256 later calls done with the digests of the parts of b, one after the other, or with
	// an error. All parts except the last have part bytes. If it cannot hash, it returns false and
	// does not call done.
	SHA256(b Blob, part int64, done func(sums []byte, err error)) (able bool)
}

// Prober is an optional interface of a Host that can find out why a WebSocket does not open.
type Prober interface {
	// Probe later calls done with what it finds at url, an http or https address. If it cannot
	// check, it returns false and does not call done.
	Probe(url string, done func(Probe)) (able bool)
}

// Probe is what a Prober found at an address where a WebSocket did not open.
type Probe struct {
	Answered bool   // a server answers
	Status   int    // of the answer to a GET; 0 if the page may not read it
	Gateway  bool   // the answer comes from a gateway
	Text     string // the gateway's answer

	// The page's Content-Security-Policy forbids requests to the address, and WebSockets.
	Blocked, SocketBlocked bool
}

// Socket is a WebSocket that carries binary messages.
type Socket interface {
	// Send sends a frame, in order. If the socket is closed, it drops the frame; the
	// listener gets Closed.
	Send(frame []byte)

	// Close closes the socket normally (1000), after all frames were sent. It makes no more
	// calls to the listener.
	Close()
}

// SocketListener gets the events of a socket: Opened at most once, then Received for each
// message, then Closed once, for any cause.
type SocketListener interface {
	Opened()
	// Received brings a complete message. The listener may keep it.
	Received(frame []byte)
	// Closed brings the peer's close code, or 1006 if there was none.
	Closed(code int, reason string)
}

// Blob is immutable data that need not be in this program's memory.
type Blob interface {
	// Size is in bytes.
	Size() int64

	// Slice returns the part [from, to), which shares the data.
	Slice(from, to int64) Blob

	// Read calls done with the bytes [from, to), or fewer if the Blob ends before to.
	Read(from, to int64, done func([]byte, error))
}

// Picture is an optional interface of a Blob whose host can decode pictures.
type Picture interface {
	// DecodedSize later calls done with the width and height in pixels at which the host
	// shows the picture, or with 0, 0 if it can't decode the picture. It returns false, and does
	// not call done, if the host can't decode any picture.
	DecodedSize(done func(width, height uint32)) (able bool)
}

// HTTPRequest is one request to the gateway's media service.
type HTTPRequest struct {
	Method string
	URL    string
	Header [][2]string
	Body   Blob // may be nil

	// WantBody asks for the response's body, as a Blob. NoProgress says that Progress need not be
	// called, because some hosts are faster without.
	WantBody, NoProgress bool
}

// HTTPListener gets the events of a request: Progress any number of times, then Answered once.
type HTTPListener interface {
	// Progress brings how many bytes of the request's body were sent or, with WantBody, how
	// many bytes of the response's body were received.
	Progress(n int64)

	// Answered brings the response, or the error that prevented one.
	Answered(r *HTTPResponse, err error)
}

// Unsupported is the error of a request that the host cannot begin, for example because
// the page lacks a class. Trying again does not help.
type Unsupported struct{ Cause error }

func (e Unsupported) Error() string { return "the request can't be made here: " + e.Cause.Error() }

// HTTPResponse is the answer to an HTTPRequest.
type HTTPResponse struct {
	Status int
	Header func(name string) string // "" if absent, or if the page may not read it
	Body   Blob                     // nil without WantBody
}
