package media

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tus/tusd/v2/pkg/handler"

	"rtmwasm/core"
)

// BasePath is the path at which to register a Handler in a mux.
const BasePath = "/media/"

// ScanPath is the path at which a web hook that scans uploads reads them. A Handler does not serve it.
const ScanPath = BasePath + "scan/"

// lockTimeout limits how long a request waits for another request to release an upload.
const lockTimeout = 10 * time.Second

// endTimeout limits how long the removal of an ended session's uploads takes.
const endTimeout = 30 * time.Second

// Handler serves BasePath. It is safe for concurrent use.
type Handler struct {
	config Config
	store  Store
	locks  *locks
	slots  *sessionSlots
	quotas *quotas

	limiter  transferLimiter
	arriving arriving

	tus  *handler.UnroutedHandler
	tusH http.Handler
}

// New makes a Handler. From then on the Handler answers other gateways. It does not sweep; see Run.
func New(config Config) (*Handler, error) {
	if config.Store == nil || config.Auth == nil {
		return nil, errors.New("media: Config needs a Store and an Auth")
	}
	config = config.withDefaults()
	h := &Handler{
		config: config,
		store:  config.Store,
		locks:  newLocks(),
		slots:  newSessionSlots(config.Store),
		quotas: newQuotas(config),

		limiter:  transferLimiter{most: config.Transfers, mostOfApp: config.AppTransfers, byApp: map[string]int{}},
		arriving: arriving{requests: map[string]*request{}},
	}
	if err := h.setupTus(); err != nil {
		return nil, fmt.Errorf("media: tus: %w", err)
	}
	if config.Gateways != nil {
		if err := config.Gateways.Listen(h.store.Gateway(), h.asked); err != nil {
			return nil, fmt.Errorf("media: listen to other gateways: %w", err)
		}
	}
	return h, nil
}

func (h *Handler) serve(w http.ResponseWriter, r *http.Request) {
	setCommonHeaders(w.Header(), r)
	if r.Method == http.MethodOptions {
		serveOptions(w)
		return
	}
	if isSigned(r) {
		h.serveSigned(w, r)
		return
	}
	who, ok := h.authenticate(w, r)
	if !ok {
		return
	}
	key := strings.TrimPrefix(r.URL.Path, BasePath)
	if key != "" && !ValidKey(key) {
		refuse(w, http.StatusNotFound, notFound)
		return
	}
	leave, ok := h.admit(w, r, who)
	if !ok {
		return
	}
	defer leave()
	switch r.Method {
	case http.MethodGet:
		h.serveDownload(w, r, who, key)
	case http.MethodHead:
		if r.Header.Get("Tus-Resumable") == "" && r.Header.Get(overrideHeader) == "" && !isDraft(r) { // asks for the file, not for its upload
			h.serveDownload(w, r, who, key)
			return
		}
		h.serveTus(w, r, who, key)
	case http.MethodPost, http.MethodPatch, http.MethodDelete:
		h.serveTus(w, r, who, key)
	default:
		w.Header().Set("Allow", methods)
		refuse(w, http.StatusMethodNotAllowed, "use one of "+methods)
	}
}

// setCommonHeaders sets the headers of all responses, except those for pages of other origins (CORS). The
// user of the Handler sets these.
func setCommonHeaders(header http.Header, r *http.Request) {
	header.Set(core.GatewayHeader, "1")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	header.Set(requestIDHeader, requestID(r.Context()))
}

func (h *Handler) authenticate(w http.ResponseWriter, r *http.Request) (Principal, bool) {
	scheme, credential, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if credential = strings.TrimSpace(credential); !strings.EqualFold(scheme, "Bearer") || credential == "" {
		unauthorized(w, `no credential: send "Authorization: Bearer <credential of the session>"`)
		return Principal{}, false
	}
	who, err := h.config.Auth.Authenticate(r.Context(), credential)
	switch {
	case errors.Is(err, ErrUnauthorized):
		unauthorized(w, "the credential is unknown or no longer valid: log in and use the new one")
		return Principal{}, false
	case err != nil:
		h.config.Logger.ErrorContext(r.Context(), "media: cannot check a credential", "error", err)
		refuseForNow(w, "cannot check the credential now: try again")
		return Principal{}, false
	}
	return who, true
}

// SessionEnded ends the running uploads of a session, and removes all its unfinished uploads. It returns
// when that is done, or after 30 s. Run's sweeps remove the rest.
func (h *Handler) SessionEnded(sessionID string) {
	h.tellEnded(sessionID)
	ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
	defer cancel()
	running := h.slots.begun(sessionID)
	refs, err := h.store.Unfinished(ctx, sessionID)
	if err != nil {
		h.config.Logger.Error("media: cannot list uploads of an ended session", "error", err)
	}
	h.abandonAll(ctx, append(refs, running...))
}

// sessionEndedElsewhere removes the uploads whose first request is running on this gateway, because the
// store does not list them yet. The gateway on which the session has ended removes the others.
func (h *Handler) sessionEndedElsewhere(sessionID string) {
	ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
	defer cancel()
	h.abandonAll(ctx, h.slots.begun(sessionID))
}

func (h *Handler) abandonAll(ctx context.Context, refs []Ref) {
	for _, ref := range refs {
		if err := h.abandon(ctx, ref); err != nil {
			h.config.Logger.Error("media: cannot remove an upload of an ended session", "key", ref.Key, "error", err)
		}
	}
}

// StopUploads ends all running uploads. The bytes that have arrived are stored, and each client is told to continue
// with another request.
func (h *Handler) StopUploads() { h.locks.stopAll() }

// abandon ends the request that is writing to an upload, and removes the upload.
func (h *Handler) abandon(ctx context.Context, ref Ref) error {
	lockCtx, cancel := context.WithTimeout(ctx, lockTimeout)
	defer cancel()
	for {
		err := h.locks.acquire(lockCtx, KeyID(ref.Key), func() {})
		if err == nil {
			break
		}
		if lockCtx.Err() != nil { // otherwise a newer request has the lock now: interrupt that one, too
			return err
		}
	}
	defer h.locks.release(KeyID(ref.Key))
	if h.config.Gateways != nil {
		if info, err := h.store.Info(ctx, ref.App, ref.Key); err == nil && info.Session == ref.Session {
			// It is no problem if another gateway is checking the upload: that gateway cannot finish a
			// removed one.
			if _, err := h.evict(ctx, info); err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrBeingChecked) {
				return err
			}
		}
	}
	return h.store.Abandon(ctx, ref)
}
