package media

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"rtmwasm/gateway/mediaurl"
)

// URLKeys provides the keys for signed URLs. A mediaurl.Ring implements it.
type URLKeys interface {
	// Signing returns the current key for signing.
	Signing(ctx context.Context) (mediaurl.Key, error)

	// Find returns the secret of a key. ok is false if there is no such key. An error means that the
	// key could not be looked up, and the client may try again.
	Find(ctx context.Context, id string) (secret []byte, ok bool, err error)

	// Life returns the longest lifetime of a URL.
	Life() time.Duration
}

// ErrNoURLs means that the Handler has no URLKeys.
var ErrNoURLs = errors.New("media: there are no keys for URLs")

// URL returns the path and query of a signed URL. Whoever has the URL can read a finished file for lifetime, but
// not after the file has expired or longer than Life. If download is not "", browsers save the file with that
// name. The error is ErrNotFound if the file is unknown, unfinished, expired or another app's.
func (h *Handler) URL(ctx context.Context, app, key string, lifetime time.Duration, download string) (string, error) {
	keys := h.config.URLKeys
	if keys == nil {
		return "", ErrNoURLs
	}
	if !ValidKey(key) {
		return "", ErrNotFound
	}
	info, err := h.store.Info(ctx, app, key)
	if errors.Is(err, ErrBeingChecked) || errors.As(err, new(*Rejected)) {
		err = ErrNotFound // there is no file to read
	}
	if err != nil {
		return "", err
	}
	now := time.Now()
	expires := now.Add(min(lifetime, keys.Life()))
	if info.Expires.Before(expires) {
		expires = info.Expires
	}
	if !info.Finished() || expires.Unix() <= now.Unix() {
		return "", ErrNotFound
	}
	grant := mediaurl.Grant{App: app, Key: key, Expires: expires, Download: download}
	if err := grant.Check(); err != nil {
		return "", fmt.Errorf("media: %w", err)
	}
	signing, err := keys.Signing(ctx)
	if err != nil {
		return "", err
	}
	return grant.Sign(signing), nil
}

// isSigned reports whether a request has a signature instead of a credential.
func isSigned(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && mediaurl.LooksSigned(r.URL.RawQuery)
}

// serveSigned serves a file by a signed URL. Such a request belongs to no session, so the limit per session does
// not apply. The limits of the gateway, of the app, and of the client's address apply.
func (h *Handler) serveSigned(w http.ResponseWriter, r *http.Request) {
	grant, err := h.verify(r)
	if errors.Is(err, ErrNotFound) {
		refuse(w, http.StatusNotFound, notFound)
		return
	}
	if err != nil {
		if r.Context().Err() == nil {
			h.config.Logger.ErrorContext(r.Context(), "media: cannot check the signature of a URL", "error", err)
		}
		refuseForNow(w, "cannot check the signature now: try again")
		return
	}
	leave, ok := h.admit(w, r, Principal{App: grant.App})
	if !ok {
		return
	}
	defer leave()
	w.Header().Set("Referrer-Policy", "no-referrer")
	if r.Method == http.MethodGet && h.redirect(w, r, grant.App, grant.Key, func(info Info) http.Header { return linkedSignedHeader(info, grant) }) {
		return
	}
	h.serveFile(w, r, grant.App, grant.Key, func(header http.Header, info Info) { setSignedHeaders(header, info, grant, time.Now()) })
}

// verify returns what a request's URL grants, or ErrNotFound if the URL is not valid.
func (h *Handler) verify(r *http.Request) (mediaurl.Grant, error) {
	signed, ok := mediaurl.Parse(r.URL.Path, r.URL.RawQuery)
	if !ok || h.config.URLKeys == nil || !time.Now().Before(signed.Expires) {
		return mediaurl.Grant{}, ErrNotFound
	}
	secret, ok, err := h.config.URLKeys.Find(r.Context(), signed.KeyID)
	if err != nil {
		return mediaurl.Grant{}, err
	}
	if !ok || !signed.SignedBy(secret) {
		return mediaurl.Grant{}, ErrNotFound
	}
	return signed.Grant, nil
}

// setSignedHeaders differs from setDownloadHeaders in two ways. Browsers may show the file, and may cache it while
// the URL is valid.
func setSignedHeaders(header http.Header, info Info, grant mediaurl.Grant, now time.Time) {
	setDownloadHeaders(header, info)
	header.Set("Content-Disposition", disposition(info.Type, grant.Download))
	until := grant.Expires
	if info.Expires.Before(until) {
		until = info.Expires
	}
	left := max(0, int64(until.Sub(now)/time.Second))
	header.Set("Cache-Control", "private, max-age="+strconv.FormatInt(left, 10)+", immutable")
}

// linkedSignedHeader returns the header of the response that a signed URL redirects to. It returns nil for video and
// audio, which the gateway serves itself. The link is valid for a minute only, and players request the rest of a
// film much later.
func linkedSignedHeader(info Info, grant mediaurl.Grant) http.Header {
	if isPlayed(info.Type) && grant.Download == "" {
		return nil
	}
	header := http.Header{}
	setSignedHeaders(header, info, grant, time.Now())
	return header
}

func isPlayed(contentType string) bool {
	return strings.HasPrefix(contentType, "video/") || strings.HasPrefix(contentType, "audio/") || contentType == "application/ogg"
}

// disposition returns the Content-Disposition of a file. Browsers may show pictures, video and audio. They save
// other files, for example PDF, which browsers refuse to show in a sandbox.
func disposition(contentType, download string) string {
	switch {
	case download != "":
		return attachment(download)
	case isPlayed(contentType), strings.HasPrefix(contentType, "image/"):
		return "inline"
	}
	return "attachment"
}
