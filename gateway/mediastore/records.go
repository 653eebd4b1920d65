package mediastore

import (
	"context"
	"time"

	"rtmwasm/gateway/media"
)

// Records stores small data that all gateways share: a record of each unfinished upload, the session it
// belongs to, and how much users and apps have stored. A record is found by its app and an id. The id is
// media.KeyID of the upload's key, so it does not depend on the time.
type Records interface {
	// Get returns media.ErrNotFound if there is no such record.
	Get(ctx context.Context, app, id string) (value []byte, revision uint64, err error)

	// Create returns media.ErrConflict if the record exists.
	Create(ctx context.Context, app, id string, value []byte) (revision uint64, err error)

	// Update and Delete return media.ErrConflict if the record has another revision now. A deleted
	// record leaves nothing behind in the storage.
	Update(ctx context.Context, app, id string, value []byte, revision uint64) (uint64, error)
	Delete(ctx context.Context, app, id string, revision uint64) error

	// AddToSession adds an upload to the list of its session, and RemoveFromSession removes it. Both
	// may be repeated.
	AddToSession(ctx context.Context, ref media.Ref) error
	RemoveFromSession(ctx context.Context, ref media.Ref) error

	// Unfinished lists the uploads of a session, or of all if session is "".
	Unfinished(ctx context.Context, session string) ([]media.Ref, error)

	// Count adds to the number of bytes that a user and their app have stored. created is the time
	// when the file was created. The bytes count no more when files of that time have expired, or
	// somewhat later. A negative number takes back bytes that were counted with the same created.
	Count(ctx context.Context, app, uid string, created time.Time, bytes int64) error

	// Usage returns the bytes counted for a user, or for the whole app if uid is "".
	Usage(ctx context.Context, app, uid string) (int64, error)

	// Secret returns 32 random bytes, which are generated once and are the same for all gateways.
	Secret() []byte
}
