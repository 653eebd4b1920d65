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

// nonceMetadata is the key in Upload-Metadata with which a client marks an upload, so
// that it can repeat the creation if the answer is lost. The value is 16 to 64 random bytes,
// new for each upload.
const (
	nonceMetadata = "nonce"

	minNonce = 16
	maxNonce = 64
)

// lastingMetadata is the key in Upload-Metadata that keeps an unfinished upload after its session has
// ended, until no bytes were added for IdleLimit. The upload needs a nonce, with which a later session
// finds it.
const lastingMetadata = "lasting"

// lastingSession returns what the Ref of a lasting upload has instead of a session id. It has a space,
// which session ids do not have.
func lastingSession(who Principal) string { return "user " + who.App + " " + who.UID }

// createUpload refuses requests that tusd would accept or answer differently, and answers
// repeated creations.
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

// deleteByNonce removes the user's unfinished upload with the nonce in Upload-Metadata, of any session.
// It is for clients that do not know the upload's key.
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
	r.URL.Path = info.Key // tusd uses the path as the id
	h.tus.DelFile(w, r)
}

// nonceKeyID returns the KeyID of the upload that a user marks with a nonce. It depends on the
// store's secret, so that nobody can guess keys, also those of weak nonces.
func (h *Handler) nonceKeyID(who Principal, nonce string) string {
	mac := hmac.New(sha256.New, h.store.Secret())
	fmt.Fprintf(mac, "%q %q %q", who.App, who.UID, nonce)
	return hex.EncodeToString(mac.Sum(nil))[:keyIDDigits]
}

// answerRepeated answers a creation whose upload already exists, and reports whether it does.
// The answer has the offset. It does not store bytes: the client sends the missing ones by PATCH.
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
		// 2xx would mean that the body of this request has been stored.
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

// refuseFind answers a request whose upload could not be found or taken over.
func (h *Handler) refuseFind(w http.ResponseWriter, r *http.Request, err error) {
	var refusal handler.Error
	errors.As(h.tusError(r.Context(), "find an upload", err), &refusal)
	refuseTus(w, refusal)
}

// takeOver ends another request that still sends to the upload, and returns what is stored
// then.
func (h *Handler) takeOver(ctx context.Context, req *request) (Info, error) {
	lockCtx, cancel := context.WithTimeout(ctx, lockTimeout)
	defer cancel()
	if err := h.locks.acquire(lockCtx, req.keyID, req.stopReading); err != nil {
		return Info{}, err
	}
	defer h.locks.release(req.keyID)
	info, err := h.store.Find(ctx, req.who.App, req.keyID, time.Now())
	if err != nil {
		return Info{}, err
	}
	return h.evict(ctx, info)
}

// lockCreation takes the lock of an upload that a request is about to create, and keeps it until what comes with
// the request is stored. Otherwise the creation that is repeated could take over in between, and the first one, which may be
// on its way still although its client has aborted it, then store its bytes over those that came later.
func (h *Handler) lockCreation(ctx context.Context, req *request, id string) error {
	ctx, cancel := context.WithTimeout(ctx, lockTimeout)
	defer cancel()
	if err := h.locks.acquire(ctx, id, req.stopReading); err != nil {
		return err
	}
	req.locked = id
	return nil
}

// discardBody reads a body that the creation does not need: a client may read the answer only after
// it has sent its body.
func (h *Handler) discardBody(r *http.Request, req *request) {
	_ = req.control.SetReadDeadline(time.Now().Add(h.config.StallTimeout)) // an error means the connection is gone
	_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, 1<<20))
}
