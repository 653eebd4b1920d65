package media

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/tus/tusd/v2/pkg/handler"
	tuslog "golang.org/x/exp/slog"

	"rtmwasm/core"
)

// maxMetadata limits the length of the Upload-Metadata header in bytes, because each change of the
// upload's record writes it again.
const maxMetadata = 4096

// setupTus makes the tusd handler. This package handles CORS, downloads, preflights and authentication
// itself.
func (h *Handler) setupTus() (err error) {
	composer := handler.NewStoreComposer()
	composer.UseCore(tusStore{h})
	composer.UseTerminater(tusStore{h})
	composer.UseLocker(h.locks)
	h.tus, err = handler.NewUnroutedHandler(handler.Config{
		StoreComposer:      composer,
		BasePath:           BasePath,
		MaxSize:            core.MaxMediaBytes,
		DisableDownload:    true,
		Cors:               &handler.CorsConfig{Disable: true},
		Logger:             tuslog.New(tusLog{h.config.Logger}),
		AcquireLockTimeout: lockTimeout,
		NetworkTimeout:     h.config.StallTimeout,

		GracefulRequestCompletionTimeout: time.Nanosecond, // see outliveConnection; 0 would be 10 s
	})
	if err != nil {
		return err
	}
	h.tusH = h.tus.Middleware(http.HandlerFunc(h.routeTus))
	return nil
}

// serveTus passes a request to tusd. The context of the request has its user and a way to interrupt it.
func (h *Handler) serveTus(w http.ResponseWriter, r *http.Request, who Principal, key string) {
	req := &request{who: who, header: w.Header(), control: http.NewResponseController(w)}
	ctx, done := outliveConnection(r.Context())
	defer done()
	r = r.WithContext(context.WithValue(ctx, requestKey{}, req))
	url := *r.URL
	url.Path = key // tusd uses the path as the id
	r.URL = &url
	if counted, ok := w.(*countedResponse); ok {
		defer func() { counted.cut = req.cut.Load() }()
	}
	if isDraft(r) {
		req.out = &draftWriter{ResponseWriter: w, r: r, req: req, offered: key != ""}
		w = req.out
		var err error
		if req.draft, err = draftOf(r); err != nil {
			refuseTus(w, err.(handler.Error))
			return
		}
	}
	if r.ContentLength < 0 {
		r.Body = limitedBody{r.Body, &req.room}
	}
	if r.Body != nil {
		r.Body = interruptibleBody{r.Body, req}
	}
	defer h.endCreation(r.Context(), req)
	h.tusH.ServeHTTP(tusWriter{w, r.Header.Get(overrideHeader) != ""}, r)
}

// endCreation is called before the response is sent. It lists an upload that was created and has no bytes
// yet, and releases the lock and the place of the request.
func (h *Handler) endCreation(ctx context.Context, req *request) {
	if req.locked != "" {
		defer h.locks.release(req.locked)
	}
	if req.leave == nil {
		return
	}
	defer req.leave()
	if req.created == nil {
		return
	}
	if err := h.store.AddToSession(ctx, *req.created); err != nil {
		h.config.Logger.ErrorContext(ctx, "media: cannot list an upload", "key", req.created.Key, "error", err)
	}
}

// routeTus is called by tusd's middleware, which has checked the protocol version and applied
// X-HTTP-Method-Override.
func (h *Handler) routeTus(w http.ResponseWriter, r *http.Request) {
	upload := r.URL.Path != ""
	switch {
	case !upload && r.Method == http.MethodPost:
		h.createUpload(w, r)
	case !upload && r.Method == http.MethodDelete:
		h.deleteByNonce(w, r)
	case upload && r.Method == http.MethodHead:
		req := requestOf(r.Context())
		req.readOnly = req.draft == nil // in the drafts, the next request must be able to use the offset, so a running request ends first
		h.tus.HeadFile(w, r)
	case upload && r.Method == http.MethodPatch:
		h.patchUpload(w, r)
	case upload && r.Method == http.MethodDelete:
		h.tus.DelFile(w, r)
	case upload:
		w.Header().Set("Allow", "GET, HEAD, PATCH, DELETE, OPTIONS")
		refuse(w, http.StatusMethodNotAllowed, "use GET, HEAD, PATCH or DELETE for a file; POST "+BasePath+" makes a new upload")
	default:
		w.Header().Set("Allow", "POST, DELETE, OPTIONS")
		refuse(w, http.StatusMethodNotAllowed, "use POST to make a new upload, or DELETE to remove an upload by its nonce")
	}
}

// refuseTus answers with an error of tus.
func refuseTus(w http.ResponseWriter, e handler.Error) {
	for name, value := range e.HTTPResponse.Header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(e.HTTPResponse.StatusCode)
	io.WriteString(w, e.HTTPResponse.Body)
}
