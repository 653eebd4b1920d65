package media

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/tus/tusd/v2/pkg/handler"
)

// nonceMetadata is the key in Upload-Metadata by which a client marks an upload, so
// that the creation can be repeated after a lost answer. The value is 16 to 64 bytes,
// drawn at random for each upload.
const (
	nonceMetadata = "nonce"

	minNonce = 16
	maxNonce = 64
)

// lastingMetadata is the key in Upload-Metadata that makes an upload its user's: it does not go
// with the session, and stays until nobody has touched it for IdleLimit. It needs a nonce, by
// which a later session finds it.
const lastingMetadata = "lasting"

// lastingSession stands in place of a session in the Ref of a lasting upload. No session's id has a
// space.
func lastingSession(who Principal) string { return "user " + who.App + " " + who.UID }

// createUpload refuses what tusd would take or answer differently, and answers the
// creation that is repeated.
func (h *Handler) createUpload(w http.ResponseWriter, r *http.Request) {
	req := requestOf(r.Context())
	metadata := handler.ParseMetadataHeader(r.Header.Get("Upload-Metadata"))
	nonce := metadata[nonceMetadata]
	expected, err := parseDigest(r.Header.Values("Repr-Digest"))
	switch {
	case r.Header.Get("Upload-Defer-Length") != "":
		refuseTus(w, errDeferred)
	case r.Header.Get("Upload-Concat") != "":
		refuseTus(w, errConcat)
	case len(r.Header.Get("Upload-Metadata")) > maxMetadata:
		refuseTus(w, errMetadata)
	case !validMetadata(r.Header.Values("Upload-Metadata")):
		refuseTus(w, errMetadataForm)
	case nonce != "" && (len(nonce) < minNonce || len(nonce) > maxNonce):
		refuseTus(w, errNonceLength)
	case err != nil:
		refuseTus(w, errDigestHeader)
	default:
		req.expected = expected
		if nonce != "" {
			req.keyID = h.nonceKeyID(req.who, nonce)
			_, req.lasting = metadata[lastingMetadata]
		}
		if req.keyID == "" || !h.answerRepeated(w, r, req) {
			h.tus.PostFile(w, r)
		}
	}
}

// deleteByNonce removes the unfinished upload that a creation with the nonce in Upload-Metadata has
// made, in any session of the user: for clients that don't know its key.
func (h *Handler) deleteByNonce(w http.ResponseWriter, r *http.Request) {
	req := requestOf(r.Context())
	nonce := handler.ParseMetadataHeader(r.Header.Get("Upload-Metadata"))[nonceMetadata]
	if len(nonce) < minNonce || len(nonce) > maxNonce {
		refuseTus(w, errNonceLength)
		return
	}
	req.keyID = h.nonceKeyID(req.who, nonce)
	info, err := h.takeOver(r.Context(), req)
	if err != nil {
		h.refuseFind(w, r, err)
		return
	}
	r.URL.Path = info.Key // tusd takes the path for the id
	h.tus.DelFile(w, r)
}

// nonceKeyID is the KeyID of the upload that a user marks with a nonce. Without the
// store's secret nobody can tell keys in advance, not even those of poor nonces.
func (h *Handler) nonceKeyID(who Principal, nonce string) string {
	mac := hmac.New(sha256.New, h.store.Secret())
	fmt.Fprintf(mac, "%q %q %q", who.App, who.UID, nonce)
	return hex.EncodeToString(mac.Sum(nil))[:keyIDDigits]
}

// answerRepeated answers a creation whose upload exists, and reports whether it does.
// It tells the offset and takes no bytes: what is missing comes with PATCH.
func (h *Handler) answerRepeated(w http.ResponseWriter, r *http.Request, req *request) bool {
	info, err := h.takeOver(r.Context(), req)
	switch {
	case errors.Is(err, ErrNotFound):
		return false
	case err != nil:
		h.refuseFind(w, r, err)
	case r.Header.Get("Upload-Length") != strconv.FormatInt(info.Size, 10),
		req.expected != nil && string(req.expected) != string(info.Expected):
		refuseTus(w, errNonceReused)
	case req.out != nil && !info.Finished() && r.ContentLength != 0:
		// 2xx would mean that what comes with this request has been stored.
		tusStore{h}.upload(req, info)
		req.out.offerResumption(info.Key)
		refuseTus(w, errMismatchingOffset(info.Offset, 0))
	default:
		h.discardBody(r, req)
		tusStore{h}.upload(req, info) // announces the expiry
		w.Header().Set("Location", BasePath+info.Key)
		w.Header().Set("Upload-Offset", strconv.FormatInt(info.Offset, 10))
		w.WriteHeader(http.StatusCreated)
	}
	return true
}

// refuseFind answers a request whose upload could not be found, or taken over.
func (h *Handler) refuseFind(w http.ResponseWriter, r *http.Request, err error) {
	var refusal handler.Error
	errors.As(h.tusError(r.Context(), "find an upload", err), &refusal)
	refuseTus(w, refusal)
}

// takeOver makes a request that still sends to the upload let go, and returns what
// is stored then.
func (h *Handler) takeOver(ctx context.Context, req *request) (Info, error) {
	lockCtx, cancel := context.WithTimeout(ctx, lockTimeout)
	defer cancel()
	if err := h.locks.acquire(lockCtx, req.keyID, req.letGo); err != nil {
		return Info{}, err
	}
	defer h.locks.release(req.keyID)
	info, err := h.store.Find(ctx, req.who.App, req.keyID, time.Now())
	if err != nil {
		return Info{}, err
	}
	return h.evict(ctx, info)
}

// discardBody reads what comes with a creation that needs no body. A client that is
// still sending may not read an answer.
func (h *Handler) discardBody(r *http.Request, req *request) {
	_ = req.control.SetReadDeadline(time.Now().Add(h.config.StallTimeout)) // an error means the connection is gone
	_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, 1<<20))
}
