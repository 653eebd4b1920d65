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
	// ErrNotFound means that the upload does not exist, or no longer exists.
	ErrNotFound = errors.New("media: not found")

	// ErrConflict means that another request has changed the upload: it has another
	// offset, or another gateway is writing to it.
	ErrConflict = errors.New("media: another request has changed the upload")

	// ErrDigest means that the content does not have the digest Info.Expected. The upload
	// is removed.
	ErrDigest = errors.New("media: the content has another digest")

	// ErrFull means that the store is full.
	ErrFull = errors.New("media: no room left")

	// ErrUnchecked means that the file cannot be checked now, so nobody may read it yet. The
	// last byte does not count as stored: the client sends it again.
	ErrUnchecked = errors.New("media: the content cannot be checked now")

	// ErrBeingChecked means that all bytes have arrived, and the check whether the file may be
	// read is still running. Until it ends, the last byte does not count as stored. The client
	// sends it again, and that request waits for the result.
	ErrBeingChecked = errors.New("media: the content is being checked")
)

// Rejected is the error for content that nobody may read, for example because of a virus. The upload is
// removed. Reason is a short plain text for the client's user.
type Rejected struct{ Reason string }

func (r *Rejected) Error() string { return "media: the content was rejected: " + r.Reason }

// Ref names an unfinished upload. It counts as a running task of Session.
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

	// Small is how many requests have added less than core.MinMediaAppendBytes to an unfinished
	// upload.
	Small int

	// Gateway is the id of the gateway whose request is adding to an unfinished upload. It stays if
	// that gateway dies. "" means that no request is adding to it.
	Gateway string

	Created time.Time
	Touched time.Time // last change
	Expires time.Time // when the upload expires; then it is not found

	Type   string            // content type, one of SafeType's; set with the first byte
	Digest [sha256.Size]byte // SHA-256 of the content; see Digested
	Sums   []byte            // SHA-256 of each piece of core.MediaDigestBytes, or nil

	// Handle is private data of the Store, which it needs to change the upload.
	Handle any
}

// Finished reports whether all bytes are stored.
func (i Info) Finished() bool { return i.Offset == i.Size }

// MediaID returns the id with which clients download the file. In messages, the id of a picture also has its
// height and width at the end.
func (i Info) MediaID() string { return core.MediaID(i.Key, i.Size, false, 0, 0) }

// Digested reports whether the digests are known. Open, Info and Find return them for a finished upload.
func (i Info) Digested() bool { return i.Digest != [sha256.Size]byte{} }

// Store stores uploads and their bytes. When a method has returned, its changes survive a crash of the process.
// Keys are unique within an app. Only one request at a time can append to an upload; others get ErrConflict.
type Store interface {
	// Secret returns 32 random bytes, which are generated once and are the same for all gateways that share
	// the store.
	Secret() []byte

	// Gateway returns the id of this gateway in Info.Gateway.
	Gateway() string

	// Create creates an unfinished upload from Ref, UID, Metadata, Expected, Size and Created of
	// info. It returns the Info with all fields, or ErrConflict if there is an unfinished upload
	// with this KeyID. Unfinished does not list the upload until AddToSession is called.
	Create(ctx context.Context, info Info) (Info, error)

	// Info returns ErrNotFound for an unknown or expired upload, and Rejected for an upload that
	// was recently rejected. While a rejected upload is being removed, it returns
	// ErrBeingChecked.
	Info(ctx context.Context, app, key string) (Info, error)

	// Find returns the upload with a KeyID, if it is unfinished, or was created so recently that its
	// creation may be repeated. Otherwise it returns the errors of Info.
	Find(ctx context.Context, app, id string, now time.Time) (Info, error)

	// Append stores the bytes of src after the first Offset bytes, up to the upload's size. info is
	// the last Info that the store has returned for this upload. The returned Info says what is
	// stored, even if there is an error. For the last byte, Append may return ErrDigest,
	// ErrUnchecked, ErrBeingChecked or Rejected. If the upload is still unfinished, it is listed
	// as by AddToSession.
	Append(ctx context.Context, info Info, src io.Reader) (Info, error)

	// BeingChecked reports whether this gateway is checking the complete upload.
	BeingChecked(ref Ref) bool

	// AddToSession adds an upload to the list that Unfinished returns. It is for an upload that was created
	// and has no bytes yet.
	AddToSession(ctx context.Context, info Info) error

	// MoveToSession moves an unfinished upload to another session.
	MoveToSession(ctx context.Context, info Info, session string) (Info, error)

	// Open opens a finished upload for reading. The caller closes the Reader, and the context
	// limits all its reads. Open returns ErrNotFound for an unfinished upload, too.
	Open(ctx context.Context, app, key string) (Info, Reader, error)

	// Abandon removes an unfinished upload and its bytes. If the upload is finished, or another
	// session has taken it over, the upload stays, and only the list of ref.Session changes. It is no
	// error if there is nothing to remove.
	Abandon(ctx context.Context, ref Ref) error

	// Remove removes a finished upload. It returns ErrNotFound for an unfinished upload, and otherwise
	// the errors of Info.
	Remove(ctx context.Context, app, key string) error

	// Unfinished lists the unfinished uploads of a session, or of all sessions if session is "". It may
	// miss an upload whose first request is still running.
	Unfinished(ctx context.Context, session string) ([]Ref, error)

	// Usage returns how many bytes the files of a user have, or those of the whole app if uid is "". A
	// file counts its announced size, and a small file somewhat more. It counts from its creation until
	// it expires or is removed, or somewhat longer.
	Usage(ctx context.Context, app, uid string) (int64, error)

	// Sweep removes expired files. It also removes the rest of unfinished uploads that did not change
	// since idle. It does not have to look at each file.
	Sweep(ctx context.Context, idle time.Time) error
}

// Reader reads a finished upload.
type Reader interface {
	io.ReadSeekCloser

	// WriteN writes the next n bytes to w in large pieces. If the content is a file and w is an
	// io.ReaderFrom, w gets an io.LimitedReader of the *os.File, so that the kernel can copy it.
	WriteN(w io.Writer, n int64) (int64, error)
}
