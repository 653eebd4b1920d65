package media

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"time"

	"rtmwasm/core"
)

// Errors a Store returns, wrapped or not.
var (
	// ErrNotFound means no such upload, or one that is gone.
	ErrNotFound = errors.New("media: not found")

	// ErrConflict means that the upload changed under the caller: its offset is
	// another one, or another gateway is writing to it.
	ErrConflict = errors.New("media: the upload has moved on")

	// ErrDigest means that the content is not what Info.Expected says. The upload is
	// removed.
	ErrDigest = errors.New("media: the content has another digest")

	// ErrFull means that the store has no room left.
	ErrFull = errors.New("media: no room left")

	// ErrUnchecked means that nobody can tell now whether the file may be read. The last byte
	// does not count as stored: the client sends it again.
	ErrUnchecked = errors.New("media: the content cannot be checked now")

	// ErrBeingChecked means that all bytes have arrived, and that it takes time to find out
	// whether the file may be read. The last byte does not count as stored until then: the
	// client sends it again, and waits with it for the outcome.
	ErrBeingChecked = errors.New("media: the content is being checked")
)

// Rejected is the error for content that nobody may read, such as that with a virus. The
// upload is removed. Reason is for the client's user: plain text, short.
type Rejected struct{ Reason string }

func (r *Rejected) Error() string { return "media: the content was rejected: " + r.Reason }

// Ref names an unfinished upload. Session is where it counts as a running task.
type Ref struct {
	App, Key, Session string
}

// Info describes an upload, finished or not.
type Info struct {
	Ref

	UID      string            // who created it
	Metadata map[string]string // as the client gave it

	// Expected is the SHA-256 that the content must have, or nil.
	Expected []byte

	Size   int64 // bytes in all
	Offset int64 // bytes stored so far

	// Small is how many requests have brought less than core.MinMediaAppendBytes to an
	// unfinished upload.
	Small int

	// Gateway is the id of the gateway whose request is adding to an unfinished upload, or did
	// when that gateway died; "" for none.
	Gateway string

	Created time.Time
	Touched time.Time // last change
	Expires time.Time // from here on it is not found

	Type   string            // content type, one of SafeType's; set with the first byte
	Digest [sha256.Size]byte // SHA-256 of the content; see Digested
	Sums   []byte            // SHA-256 of each core.MediaDigestBytes, or none

	// Handle is what the Store needs to change the upload. It is the Store's own.
	Handle any
}

// Finished reports whether all bytes are there.
func (i Info) Finished() bool { return i.Offset == i.Size }

// MediaID is the id by which clients download the file. Those that messages carry of a picture end with
// its height and width, too.
func (i Info) MediaID() string { return core.MediaID(i.Key, i.Size, false, 0, 0) }

// Digested reports whether the digests are known. Those of a finished upload are in what Open,
// Info and Find return.
func (i Info) Digested() bool { return i.Digest != [sha256.Size]byte{} }

// Store keeps uploads and their bytes. What a method acknowledged survives the
// process. Keys are unique within an app; one writer at a time appends to an
// upload, others get ErrConflict.
type Store interface {
	// Secret is 32 random bytes, drawn once and the same for all who share the store.
	Secret() []byte

	// Gateway is the id of this gateway in Info.Gateway.
	Gateway() string

	// Create records an unfinished upload: Ref, UID, Metadata, Expected, Size and Created of
	// info. It returns the Info with the rest filled in, or ErrConflict if an upload of this
	// KeyID is unfinished. The session does not have it in Unfinished until List is called.
	Create(ctx context.Context, info Info) (Info, error)

	// Info returns ErrNotFound for what is unknown or expired, Rejected for what was rejected not
	// long ago, and ErrBeingChecked while that is being removed.
	Info(ctx context.Context, app, key string) (Info, error)

	// Find returns the upload whose key has a KeyID: one that is unfinished, or that was
	// created so lately that its creation may be repeated. For others it returns what Info does.
	Find(ctx context.Context, app, id string, now time.Time) (Info, error)

	// Append stores what src delivers, to its end or to the upload's size, behind the
	// first Offset bytes. Info is the last that the store has returned for this
	// upload. The Info it returns is what is stored, also when there is an error. The last byte
	// may bring ErrDigest, ErrBeingChecked or Rejected. What ends unfinished is listed, see List.
	Append(ctx context.Context, info Info, src io.Reader) (Info, error)

	// BeingChecked reports whether this gateway is finding out whether the file may be read.
	BeingChecked(ref Ref) bool

	// List makes an upload that was created, and to which nothing was appended yet, one of its
	// session's.
	List(ctx context.Context, info Info) error

	// Adopt makes an unfinished upload count for another session.
	Adopt(ctx context.Context, info Info, session string) (Info, error)

	// Open returns a finished upload to read; the caller closes the Reader, and the
	// context bounds all its reads. ErrNotFound is also for an unfinished upload.
	Open(ctx context.Context, app, key string) (Info, Reader, error)

	// Abandon removes an unfinished upload and its bytes. One that is finished, or
	// that another session has adopted, stays, and only ceases to be listed by
	// Unfinished for ref.Session. It is no error if there is nothing to remove.
	Abandon(ctx context.Context, ref Ref) error

	// Remove removes a finished upload. It returns ErrNotFound for an unfinished one, and for what
	// Info does.
	Remove(ctx context.Context, app, key string) error

	// Unfinished lists the unfinished uploads of a session, or of all if session
	// is "". An upload whose first request is under way need not be among them.
	Unfinished(ctx context.Context, session string) ([]Ref, error)

	// Usage is how many bytes the files of a user take, or of the whole app if uid is
	// "": each as many as were announced, and small ones somewhat more, from its creation
	// until it expires or is removed, or somewhat longer.
	Usage(ctx context.Context, app, uid string) (int64, error)

	// Sweep removes files that have expired, and what unfinished uploads have left to which
	// nothing was added since idle. It need not look at each.
	Sweep(ctx context.Context, idle time.Time) error
}

// Reader reads a finished upload.
type Reader interface {
	io.ReadSeekCloser

	// WriteN writes the next n bytes to w in large pieces, without copying them. If they are
	// those of a file, it hands w an io.LimitedReader of the *os.File.
	WriteN(w io.Writer, n int64) (int64, error)
}
