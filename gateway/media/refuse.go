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
	notFound = "no such file: it is unknown, unfinished or expired"

	noPlace = "this session has nine uploads and downloads, which is the limit: finish or delete one first"
)

// This line does not compile if the number in noPlace is wrong.
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

// statusChecksumMismatch is the status of tus for content with another digest than announced.
const statusChecksumMismatch = 460

// Errors in the form of tusd: code, text and status.
var (
	errEmpty        = handler.NewError("ERR_INVALID_UPLOAD_LENGTH", "Upload-Length is 0: a file needs at least one byte", http.StatusBadRequest)
	errDeferred     = handler.NewError("ERR_INVALID_UPLOAD_LENGTH", "Upload-Defer-Length is not supported: send Upload-Length", http.StatusBadRequest)
	errMetadata     = handler.NewError("ERR_INVALID_UPLOAD_METADATA", "Upload-Metadata is longer than 4096 bytes", http.StatusBadRequest)
	errMetadataForm = handler.NewError("ERR_INVALID_UPLOAD_METADATA", "Upload-Metadata needs the form key base64,key base64: one header, each key once", http.StatusBadRequest)
	errContentType  = handler.NewError("ERR_INVALID_CONTENT_TYPE", "the body of PATCH needs Content-Type: application/offset+octet-stream", http.StatusUnsupportedMediaType)
	errConcat       = handler.NewError("ERR_CONCATENATION_UNSUPPORTED", "Upload-Concat is not supported: send the file in one upload", http.StatusBadRequest)
	errNonceLength  = handler.NewError("ERR_INVALID_NONCE", "the nonce in Upload-Metadata needs 16 to 64 random bytes", http.StatusBadRequest)
	errNonceReused  = handler.NewError("ERR_NONCE_REUSED", "the nonce in Upload-Metadata belongs to another upload of this user: use a new nonce for each upload", http.StatusConflict)
	errCreating     = handler.NewError("ERR_CREATING", "another request with this nonce is creating the upload: repeat this one", http.StatusConflict)
	errDigestHeader = handler.NewError("ERR_INVALID_DIGEST", "Repr-Digest needs the form sha-256=:<base64 of 32 bytes>:", http.StatusBadRequest)
	errDigest       = handler.NewError("ERR_DIGEST_MISMATCH", "the content does not have the SHA-256 that Repr-Digest announced: the upload is removed", statusChecksumMismatch)
	errTooMany      = handler.NewError("ERR_TOO_MANY_TASKS", noPlace, http.StatusTooManyRequests)
	errSmallAppends = handler.NewError("ERR_TOO_MANY_SMALL_REQUESTS", fmt.Sprintf("%d requests have added less than %d bytes each to this upload, which is the limit: delete it, and send the file again with more bytes in each request (chunkSize of a tus client)", core.MaxSmallMediaAppends, core.MinMediaAppendBytes), http.StatusBadRequest)
	errFinished     = handler.NewError("ERR_UPLOAD_FINISHED", "a finished file cannot be deleted: it expires on its own", http.StatusForbidden)
	errUnavailable  = handler.NewError("ERR_STORE_UNAVAILABLE", "the file store does not answer: ask for the offset and try again", http.StatusServiceUnavailable)
	errFull         = handler.NewError("ERR_STORE_FULL", "the file store is full: try again later", http.StatusServiceUnavailable)

	// tusd answers 400 in these two cases, and clients do not repeat a request after 400. But the client may have
	// made no mistake: a proxy may have sent its request twice, or broken it off.
	errInterrupted = handler.NewError("ERR_UPLOAD_INTERRUPTED", "another request for this upload has taken over: ask for the offset and continue", http.StatusConflict)
	errCutShort    = handler.NewError("ERR_UNEXPECTED_EOF", "the body ended too early: ask for the offset and continue", http.StatusConflict)
)

// tusError converts an error of the store into an error for the client. Details of failures on the side of the
// gateway are only logged.
func (h *Handler) tusError(ctx context.Context, doing string, err error) error {
	var known handler.Error
	var rejected *Rejected
	switch {
	case err == nil:
		return nil
	case errors.Is(err, handler.ErrFileLocked), errors.Is(err, errCreating):
		errors.As(err, &known)
		return requestOf(ctx).retryable(known)
	case errors.As(err, &known):
		return known
	case errors.Is(err, ErrDigest):
		return errDigest
	case errors.As(err, &rejected):
		return errRejected(rejected.Reason)
	case errors.Is(err, ErrUnchecked): // the Checker has logged it
		return errUnchecked
	case errors.Is(err, ErrBeingChecked):
		return requestOf(ctx).retryable(errBeingChecked)
	case errors.Is(err, ErrNotFound):
		return handler.ErrNotFound
	case errors.Is(err, ErrConflict):
		return requestOf(ctx).retryable(handler.ErrMismatchOffset)
	case errors.Is(err, errNoPlace):
		return errTooMany
	}
	h.config.Logger.ErrorContext(ctx, "media: "+doing, "error", err)
	if errors.Is(err, ErrFull) {
		return errFull
	}
	return errUnavailable
}
