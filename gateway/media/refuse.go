package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/tus/tusd/v2/pkg/handler"

	"rtmwasm/core"
)

const (
	notFound = "no such file: it is unknown here, unfinished or expired"

	noPlace = "nine uploads and downloads are going on in this session: finish or delete one first"
)

// noPlace spells the number out; this line does not compile when it is wrong.
var _ = [1]struct{}{}[core.MaxMediaTasks-9]

// refuse answers with an error as plain text.
func refuse(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	io.WriteString(w, text+"\n") // the client may be gone
}

func unauthorized(w http.ResponseWriter, text string) {
	w.Header().Set("WWW-Authenticate", "Bearer")
	refuse(w, http.StatusUnauthorized, text)
}

func refuseForNow(w http.ResponseWriter, text string) {
	w.Header().Set("Retry-After", "1")
	refuse(w, http.StatusServiceUnavailable, text)
}

// statusChecksumMismatch is what tus answers to content that is not as announced.
const statusChecksumMismatch = 460

// Errors in tusd's form: a code, a text, a status.
var (
	errEmpty        = handler.NewError("ERR_INVALID_UPLOAD_LENGTH", "Upload-Length is 0: a file needs at least one byte", http.StatusBadRequest)
	errDeferred     = handler.NewError("ERR_INVALID_UPLOAD_LENGTH", "Upload-Defer-Length is not supported: send Upload-Length", http.StatusBadRequest)
	errMetadata     = handler.NewError("ERR_INVALID_UPLOAD_METADATA", "Upload-Metadata is longer than 4096 bytes", http.StatusBadRequest)
	errMetadataForm = handler.NewError("ERR_INVALID_UPLOAD_METADATA", "Upload-Metadata needs the form key base64,key base64: one header, each key once", http.StatusBadRequest)
	errContentType  = handler.NewError("ERR_INVALID_CONTENT_TYPE", "the body of PATCH needs Content-Type: application/offset+octet-stream", http.StatusUnsupportedMediaType)
	errConcat       = handler.NewError("ERR_CONCATENATION_UNSUPPORTED", "Upload-Concat is not supported: send the file in one upload", http.StatusBadRequest)
	errNonceLength  = handler.NewError("ERR_INVALID_NONCE", "the nonce in Upload-Metadata needs 16 to 64 random bytes", http.StatusBadRequest)
	errNonceReused  = handler.NewError("ERR_NONCE_REUSED", "the nonce in Upload-Metadata belongs to another upload of this user: draw a new one for each", http.StatusConflict)
	errCreating     = handler.NewError("ERR_CREATING", "another request with this nonce is creating the upload: repeat this one", http.StatusConflict)
	errDigestHeader = handler.NewError("ERR_INVALID_DIGEST", "Repr-Digest needs the form sha-256=:<base64 of 32 bytes>:", http.StatusBadRequest)
	errDigest       = handler.NewError("ERR_DIGEST_MISMATCH", "the content does not have the SHA-256 that Repr-Digest announced: the upload is removed", statusChecksumMismatch)
	errTooMany      = handler.NewError("ERR_TOO_MANY_TASKS", noPlace, http.StatusTooManyRequests)
	errSmallAppends = handler.NewError("ERR_TOO_MANY_SMALL_REQUESTS", fmt.Sprintf("%d requests have brought less than %d bytes to this upload, it takes no more: delete it, and send the file again with more in each request (chunkSize of a tus client)", core.MaxSmallMediaAppends, core.MinMediaAppendBytes), http.StatusBadRequest)
	errFinished     = handler.NewError("ERR_UPLOAD_FINISHED", "a finished file cannot be deleted: it expires by itself", http.StatusForbidden)
	errUnavailable  = handler.NewError("ERR_STORE_UNAVAILABLE", "the file store does not answer: ask for the offset and try again", http.StatusServiceUnavailable)
	errFull         = handler.NewError("ERR_STORE_FULL", "the file store is full: try again later", http.StatusServiceUnavailable)

	// tusd says 400 to these two, which clients take for final. The client may be well,
	// and something on the way have sent its request twice or broken it off.
	errInterrupted = handler.NewError("ERR_UPLOAD_INTERRUPTED", "another request for this upload has taken over: ask for the offset and go on", http.StatusConflict)
	errCutShort    = handler.NewError("ERR_UNEXPECTED_EOF", "the body ended too early: ask for the offset and go on", http.StatusConflict)
)

// tusError turns an error of the store into what the client gets to see. What the
// client cannot help is logged, and not told.
func (h *Handler) tusError(ctx context.Context, doing string, err error) error {
	var known handler.Error
	var rejected *Rejected
	switch {
	case err == nil:
		return nil
	case errors.Is(err, handler.ErrFileLocked), errors.Is(err, errCreating):
		errors.As(err, &known)
		return requestOf(ctx).mayGoOn(known)
	case errors.As(err, &known):
		return known
	case errors.Is(err, ErrDigest):
		return errDigest
	case errors.As(err, &rejected):
		return errRejected(rejected.Reason)
	case errors.Is(err, ErrUnchecked): // the Checker has logged it
		return errUnchecked
	case errors.Is(err, ErrBeingChecked):
		return requestOf(ctx).mayGoOn(errBeingChecked)
	case errors.Is(err, ErrNotFound):
		return handler.ErrNotFound
	case errors.Is(err, ErrConflict):
		return requestOf(ctx).mayGoOn(handler.ErrMismatchOffset)
	case errors.Is(err, errNoPlace):
		return errTooMany
	}
	h.config.Logger.ErrorContext(ctx, "media: "+doing, "error", err)
	if errors.Is(err, ErrFull) {
		return errFull
	}
	return errUnavailable
}
