package core

import "time"

// Host is what a Client needs from where it runs. None of its methods blocks, and
// none calls its listener or function before it has returned. All calls back into
// the client come one at a time (see the package comment).
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

	// NewBlob makes a Blob of bytes, which the caller does not change afterwards.
	NewBlob(b []byte) Blob
}

// Digester is a second interface of a Host that can hash without holding up the page.
type Digester interface {
	// SHA256 later calls done with the digests of the parts of b, one behind the other, or with
	// an error. All parts except the last have part bytes. It returns false, and does not call
	// done, if it can't hash here.
	SHA256(b Blob, part int64, done func(sums []byte, err error)) (able bool)
}

// Prober is a second interface of a Host that can find out why a WebSocket does not open.
type Prober interface {
	// Probe later calls done with what it finds at url, an http or https address. It
	// returns false, and does not call done, if it can't look.
	Probe(url string, done func(Probe)) (able bool)
}

// Probe is what a Prober found at an address where a WebSocket did not open.
type Probe struct {
	Answered bool   // something answers
	Status   int    // of the answer to a GET; 0 if the page may not read it
	Gateway  bool   // the answer is a gateway's
	Text     string // a gateway's answer

	// The page's Content-Security-Policy forbids requests to the address, and WebSockets.
	Blocked, SocketBlocked bool
}

// Socket is a WebSocket that carries binary messages.
type Socket interface {
	// Send hands a frame over, in order; what can't be sent any more is dropped, and
	// Closed tells.
	Send(frame []byte)

	// Close ends the socket normally (1000), after what was sent before. Its listener
	// hears nothing more.
	Close()
}

// SocketListener hears from a socket: Opened once or never, then Received, then Closed
// once, whatever the cause.
type SocketListener interface {
	Opened()
	// Received is a whole message. The listener may keep it.
	Received(frame []byte)
	// Closed is the end: the peer's close code, or 1006 where there was none.
	Closed(code int, reason string)
}

// Blob is immutable data that need not be in this program's memory.
type Blob interface {
	// Size is in bytes.
	Size() int64

	// Slice is the part [from, to), sharing the data.
	Slice(from, to int64) Blob

	// Read calls done with the bytes [from, to), fewer where the Blob ends sooner.
	Read(from, to int64, done func([]byte, error))
}

// Picture is a second interface of a Blob whose host can decode pictures.
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
	Body   Blob // nil: none

	// WantBody asks for the response's body, as a Blob. NoProgress says that its progress is
	// not needed, for hosts that are faster without.
	WantBody, NoProgress bool
}

// HTTPListener hears from a request: Progress any number of times, then Answered once.
type HTTPListener interface {
	// Progress tells how many bytes of the request's body were sent, or of the
	// response's body received where it was asked for.
	Progress(n int64)

	// Answered is the response, or the error that prevented one.
	Answered(r *HTTPResponse, err error)
}

// Unsupported is the error of a request that the host can't even begin, for example because
// the page lacks a class. Trying again does not help.
type Unsupported struct{ Cause error }

func (e Unsupported) Error() string { return "the request can't be made here: " + e.Cause.Error() }

// HTTPResponse is the answer to an HTTPRequest.
type HTTPResponse struct {
	Status int
	Header func(name string) string // "" where absent or withheld from the page
	Body   Blob                     // nil unless asked for
}
