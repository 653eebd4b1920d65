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

// URLKeys has the keys of signed URLs, such as a mediaurl.Ring.
type URLKeys interface {
	// Signing returns the key that signs now.
	Signing(ctx context.Context) (mediaurl.Key, error)

	// Find returns the secret of a key; ok is false for one that does not exist. An error
	// means that it could not tell, and the client may try again.
	Find(ctx context.Context, id string) (secret []byte, ok bool, err error)

	// Life is the longest time for which a URL may be signed.
	Life() time.Duration
}

// ErrNoURLs means that there are no URLKeys.
var ErrNoURLs = errors.New("media: there are no keys for URLs")

// URL returns the path and query by which whoever has them may read a finished file for some
// time, not longer than it lives. With download browsers save it under that name. The error is
// ErrNotFound for what is unknown, unfinished, expired or another app's.
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
		err = ErrNotFound // no file
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

// isSigned reports whether a request shows a signature in place of a credential.
func isSigned(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && mediaurl.Claimed(r.URL.RawQuery)
}

// serveSigned serves a file by a signed URL. There is no session: the request has a place of its
// address for as long as it lasts, and one of its app.
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

// verify returns what a request's URL grants, or ErrNotFound for one that is not good.
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

// setSignedHeaders differs from setDownloadHeaders in two ways: the file may be shown, and
// browsers may keep it for as long as the URL is good.
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

// linkedSignedHeader is the header of the answer in the place that a signed URL redirects to. A
// link is good for a minute, and players ask for the rest of a film there much later: the gateway
// serves these itself.
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

// disposition has a file shown that browsers show in a sandbox: they refuse PDF there, and save
// what is of no known type.
func disposition(contentType, download string) string {
	switch {
	case download != "":
		return attachment(download)
	case isPlayed(contentType), strings.HasPrefix(contentType, "image/"):
		return "inline"
	}
	return "attachment"
}
