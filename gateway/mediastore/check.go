package mediastore

import (
	"context"
	"io"

	"rtmwasm/gateway/media"
)

// Checker decides whether an uploaded file may be read. Package scan has one. A Store calls it when
// all bytes of an upload have arrived and their digest is right. Until then nobody can read the file.
type Checker interface {
	// Check returns nil for content that may be read. It returns *media.Rejected for content that
	// may not be read; then the upload is removed. Any other error means that Check cannot tell
	// now. Then the client is asked to try again, and the content is checked again.
	//
	// Info has Type and Digest. The content has info.Size bytes, and must not be read after Check
	// returns. Check limits its own time, so ctx needs no deadline.
	Check(ctx context.Context, info media.Info, content io.ReaderAt) error

	// Ready returns an error while Check is known to fail. Then a client need not send a file that
	// cannot be finished. Ready does not block.
	Ready() error
}
