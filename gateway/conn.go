package gateway

import (
	"context"
	"errors"
)

// Conn carries frames to and from a client. One goroutine reads and one writes at a
// time; Close may come at any time after the last Write has returned, and more than
// once.
type Conn interface {
	// Read returns the next frame. A frame that is text or too large gives
	// ErrNotBinary or ErrTooLarge.
	Read(ctx context.Context) ([]byte, error)

	// Write sends a frame. After an error the Conn is of no more use.
	Write(ctx context.Context, frame []byte) error

	// Close tells the client code and reason, if it still can, and ends a Read. It
	// may take seconds.
	Close(code int, reason string) error
}

// Errors of Conn.Read that tell what the client did wrong.
var (
	ErrNotBinary = errors.New("gateway: frames are binary messages, this was text")
	ErrTooLarge  = errors.New("gateway: frame too large")
)
