package mediastore

import (
	"context"
	"io"
	"time"

	"rtmwasm/gateway/media"
)

// Files keeps contents where all gateways reach them: in a folder (package folder) or an
// object store (package bucket). It is safe for concurrent use; that one request at a time
// adds to an upload is for its caller to see to.
type Files interface {
	// Part opens what has arrived of an upload, to add to it behind the first offset bytes;
	// what stands behind these is dropped. It returns media.ErrNotFound if they are not all
	// there. Offset 0 begins an upload.
	Part(ctx context.Context, app, key string, offset int64) (Part, error)

	// Open returns a finished file and what Finish was told of it. The caller closes the
	// Reader, and the context bounds all its reads. It returns media.ErrNotFound for what is
	// unknown or unfinished. Whether the file has expired is for the caller to tell.
	Open(ctx context.Context, app, key string) (media.Info, media.Reader, error)

	// Stat is Open without the content.
	Stat(ctx context.Context, app, key string) (media.Info, error)

	// Remove removes a finished file, and RemovePart what has arrived of an unfinished upload.
	// It is no error if there is nothing to remove.
	Remove(ctx context.Context, app, key string) error
	RemovePart(ctx context.Context, app, key string) error

	// Sweep removes finished files that were created before expired, up to an hour late, and
	// parts that nobody has changed since idle; it calls gone for each of these. It does not
	// look at each file.
	Sweep(ctx context.Context, expired, idle time.Time, gone func(app, key string)) error

	// Room returns media.ErrFull when no more should be stored for lack of room. It answers at
	// once.
	Room(ctx context.Context) error
}

// Part is an upload while one request adds to it. It is not for concurrent use. Its methods bound
// their own time, by how much they move, so that contexts need no deadline.
type Part interface {
	// Write adds bytes at the end.
	io.Writer

	// ReadAt reads all that is there, also what was there before.
	io.ReaderAt

	// Keep makes all that was written survive this gateway and a power failure, for Files.Part
	// of any gateway.
	Keep(ctx context.Context) error

	// Finish makes the part a finished file, at once or not at all, and survives as Keep does;
	// it is not needed to call Keep first. It returns media.ErrConflict if there is one of this
	// key already. All of info is kept but Session. Where info has no digests yet, see
	// media.Info.Digested, they are taken of what is there, now or later: Open and Stat tell them.
	Finish(ctx context.Context, info media.Info) error

	// Close lets go of the part. What was neither kept nor finished may be lost, or stay.
	Close() error
}

// Owner is a Part that other gateways, too, can have open and change.
type Owner interface {
	Part

	// Own makes what is there this part's alone.
	Own(ctx context.Context) error
}
