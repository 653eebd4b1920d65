package gateway

import (
	"context"
	"errors"

	"rtmwasm/core/wire"
)

// Conn carries frames to and from a client. One goroutine reads and one writes at a
// time; Close may come at any time after the last Write has returned, and more than
// once.
type Conn interface {
	// Read returns the next frame. What a client may not do gives ErrNotBinary,
	// ErrTooLarge, ErrFlood or ErrProtocol.
	Read(ctx context.Context) ([]byte, error)

	// Write sends frames, in one piece if they are short. It does not keep them. After an
	// error the Conn is of no more use.
	Write(ctx context.Context, frames ...[]byte) error

	// Close tells the client code and reason, if it still can, and ends a Read. It
	// may take seconds, except with the code of a violation: then nothing more is read.
	Close(code int, reason string) error
}

// instantWriter is what a Conn may be, too. A frame that the network takes at once needs no goroutine.
type instantWriter interface {
	// TryWrite sends a frame if that needs no wait; if not, it does nothing and reports false. It may be
	// called when no Write is under way.
	TryWrite(frame []byte) bool
}

// Errors of Conn.Read that tell what the client did wrong.
var (
	ErrNotBinary = errors.New("gateway: frames are binary messages, this was text")
	ErrTooLarge  = errors.New("gateway: frame too large")
	ErrFlood     = errors.New("gateway: far too many WebSocket frames")
	ErrProtocol  = errors.New("gateway: not as RFC 6455 has it")
)

// violation is what to close a connection with after an error of Conn.Read; false if the
// client did nothing wrong.
func violation(err error) (closeReason, bool) {
	switch {
	case errors.Is(err, ErrTooLarge):
		return closeReason{wire.CloseTooLarge, "a frame may have 36864 bytes"}, true
	case errors.Is(err, ErrNotBinary):
		return closeReason{wire.CloseProtocol, "frames are binary messages"}, true
	case errors.Is(err, ErrFlood):
		return flood, true
	case errors.Is(err, ErrProtocol):
		return closeReason{wire.CloseProtocol, "a WebSocket frame that RFC 6455 does not allow"}, true
	}
	return closeReason{}, false
}

var flood = closeReason{wire.CloseFlood, "far too many frames"}

// isViolation reports whether a close code tells a client that it broke the protocol.
func isViolation(code int) bool {
	return code == wire.CloseProtocol || code == wire.CloseTooLarge || code == wire.CloseFlood
}
