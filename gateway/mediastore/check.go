package mediastore

import (
	"context"
	"io"

	"rtmwasm/gateway/media"
)

// Checker decides whether files may be read, before anybody can: package scan has one. A
// Store calls it when all bytes of an upload are there, and their digest is right.
type Checker interface {
	// Check returns nil for content that may be read, and *media.Rejected for content that
	// may not: the upload is removed. Any other error means that it cannot tell now: the
	// client is asked to come again, and the content is checked again then. Info has Type
	// and Digest. The content is info.Size bytes, which must not be read after Check returns.
	//
	// It bounds its own time, so that ctx needs no deadline.
	Check(ctx context.Context, info media.Info, content io.ReaderAt) error

	// Ready returns an error while Check is known to fail, so that a client need not send
	// what can't be finished. It answers at once.
	Ready() error
}
