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

// BasePath is where a Handler belongs in a mux.
const BasePath = "/media/"

// ScanPath is where a web hook that scans uploads reads them. A Handler serves nothing there.
const ScanPath = BasePath + "scan/"

// lockTimeout bounds the wait for an upload that another request is letting go of.
const lockTimeout = 10 * time.Second

// endTimeout bounds the removal of one ended session's uploads.
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

// New makes a Handler, which answers other gateways from then on. It starts nothing else; see Run.
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
		if r.Header.Get("Tus-Resumable") == "" && r.Header.Get(overrideHeader) == "" && !isDraft(r) { // about the file, not its upload
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

// setCommonHeaders sets what every answer has. Who uses a Handler sets what lets pages of
// other origins read the answers.
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
		unauthorized(w, "the credential is unknown or no longer good: log in and use the new one")
		return Principal{}, false
	case err != nil:
		h.config.Logger.ErrorContext(r.Context(), "media: cannot check a credential", "error", err)
		refuseForNow(w, "cannot check the credential now: try again")
		return Principal{}, false
	}
	return who, true
}

// SessionEnded removes the unfinished uploads of a session, requests that are writing to them
// included. It returns when that is done, or after 30 s; Run's sweeps get what is left.
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

// sessionEndedElsewhere removes what the store does not list: uploads whose first request is
// under way here. The rest is removed by the gateway where the session has ended.
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

// LetGo ends uploads under way: what has arrived is stored, and the client told to go on
// with another request.
func (h *Handler) LetGo() { h.locks.letGo() }

// abandon takes the upload away from whoever is writing to it and removes it.
func (h *Handler) abandon(ctx context.Context, ref Ref) error {
	lockCtx, cancel := context.WithTimeout(ctx, lockTimeout)
	defer cancel()
	for {
		err := h.locks.acquire(lockCtx, KeyID(ref.Key), func() {})
		if err == nil {
			break
		}
		if lockCtx.Err() != nil { // otherwise a newer request came between, which is to let go as well
			return err
		}
	}
	defer h.locks.release(KeyID(ref.Key))
	if h.config.Gateways != nil {
		if info, err := h.store.Info(ctx, ref.App, ref.Key); err == nil && info.Session == ref.Session {
			// A gateway that is checking it cannot finish what is gone.
			if _, err := h.evict(ctx, info); err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrBeingChecked) {
				return err
			}
		}
	}
	return h.store.Abandon(ctx, ref)
}
