package mediastore

import (
	"context"
	"time"

	"rtmwasm/gateway/media"
)

// Records keeps what is small and shared by all gateways: a record of each unfinished upload,
// which session it belongs to, and how much users and apps have stored. A record belongs to
// an app and an id, which is media.KeyID of the key: not the part of a key that tells the time.
type Records interface {
	// Get returns media.ErrNotFound for what does not exist.
	Get(ctx context.Context, app, id string) (value []byte, revision uint64, err error)

	// Create returns media.ErrConflict if the record exists.
	Create(ctx context.Context, app, id string, value []byte) (revision uint64, err error)

	// Update and Delete return media.ErrConflict if the record has another revision by now.
	// A deleted record leaves no trace.
	Update(ctx context.Context, app, id string, value []byte, revision uint64) (uint64, error)
	Delete(ctx context.Context, app, id string, revision uint64) error

	// List makes an upload one of its session's, until Unlist. Both may be repeated.
	List(ctx context.Context, ref media.Ref) error
	Unlist(ctx context.Context, ref media.Ref) error

	// Unfinished lists the uploads of a session, or of all if session is "".
	Unfinished(ctx context.Context, session string) ([]media.Ref, error)

	// Count adds to what a user and his app have stored. created is when the file was: the bytes
	// are forgotten when files of that time have expired, or somewhat later. A negative number takes
	// back what was counted with the same created.
	Count(ctx context.Context, app, uid string, created time.Time, bytes int64) error

	// Usage is what is counted for a user, or for the whole app if uid is "".
	Usage(ctx context.Context, app, uid string) (int64, error)

	// Secret is 32 random bytes, drawn once and the same for all gateways.
	Secret() []byte
}
