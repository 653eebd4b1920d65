package mediastore

import (
	"context"
	"io"
	"time"

	"rtmwasm/gateway/media"
)

// Files stores contents in a place that all gateways share: a folder (package folder) or an object
// store (package bucket). It is safe for concurrent use. The caller ensures that only one request at a
// time adds to an upload.
type Files interface {
	// Part opens the bytes of an unfinished upload, to add more after the first offset bytes. Bytes
	// after these are dropped. It returns media.ErrNotFound if there are less than offset bytes.
	// Offset 0 begins an upload.
	Part(ctx context.Context, app, key string, offset int64) (Part, error)

	// Open returns a finished file and the Info that Finish got. The caller closes the Reader, and
	// the context limits all its reads. Open returns media.ErrNotFound for an unknown file or an
	// unfinished upload. It does not check whether the file has expired.
	Open(ctx context.Context, app, key string) (media.Info, media.Reader, error)

	// Stat is Open without the content.
	Stat(ctx context.Context, app, key string) (media.Info, error)

	// Remove removes a finished file, and RemovePart the bytes of an unfinished upload. It is no
	// error if there is nothing to remove.
	Remove(ctx context.Context, app, key string) error
	RemovePart(ctx context.Context, app, key string) error

	// Sweep removes finished files that were created before expired; it may remove them up to an
	// hour later. It also removes parts that were not changed since idle, and calls removed for each
	// of these parts. It does not look at each file.
	Sweep(ctx context.Context, expired, idle time.Time, removed func(app, key string)) error

	// CheckSpace returns media.ErrFull if there is too little free space to store more. It does not block.
	CheckSpace(ctx context.Context) error
}

// Part is an upload while one request adds to it. It is not safe for concurrent use. Its methods limit
// their own time by the number of bytes they move, so contexts need no deadline.
type Part interface {
	// Write adds bytes at the end.
	io.Writer

	// ReadAt can read all bytes of the upload, including those of earlier requests.
	io.ReaderAt

	// Sync stores all written bytes durably: after a crash or a power failure, Files.Part of any
	// gateway finds them.
	Sync(ctx context.Context) error

	// Finish makes the part a finished file, atomically and durably. Sync need not be called first.
	// It returns media.ErrConflict if there is a file of this key already. The file gets all of info
	// except Session. If info has no digests yet (see media.Info.Digested), they are computed from the
	// content, now or later. Open and Stat return them.
	Finish(ctx context.Context, info media.Info) error

	// Close releases the part. Bytes that were written after the last Sync may be lost or may stay.
	Close() error
}

// SharedPart is a Part that other gateways can have open and change at the same time.
type SharedPart interface {
	Part

	// TakeOver ensures that from now on only this Part can change the bytes of the upload.
	TakeOver(ctx context.Context) error
}
