package media

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"rtmwasm/core"
	"rtmwasm/gateway/content"
)

// Linker is a Store whose files can be read without the gateway.
type Linker interface {
	// Link returns a finished file's Info and a URL. Whoever has the URL can read the file for about a
	// minute. The response to the URL has the header that answer returns: Content-Type,
	// Content-Disposition and Cache-Control. The URL is "" if the gateway must serve the download
	// itself.
	Link(ctx context.Context, app, key string, answer func(Info) http.Header) (Info, string, error)
}

// redirect answers a download with a redirect to a link of the store, if the store has links. The response to that
// link has the header that answer returns; nil means that there must be no redirect. done is false if the caller
// must serve the download.
func (h *Handler) redirect(w http.ResponseWriter, r *http.Request, app, key string, answer func(Info) http.Header) (done bool) {
	linker, ok := h.store.(Linker)
	if !ok {
		return false
	}
	unwanted := false
	_, link, err := linker.Link(r.Context(), app, key, func(info Info) http.Header {
		header := answer(info)
		unwanted = header == nil
		return header
	})
	switch {
	case err != nil:
		h.downloadFailed(w, r, err)
	case link == "", unwanted:
		return false
	default:
		w.Header().Set("Location", link)
		w.WriteHeader(http.StatusTemporaryRedirect)
	}
	return true
}

// linkedHeader returns the header of the response to a link. An object store cannot send our digest headers, but it
// sends the Cache-Control it is told. Pages of other origins can read that header, so the digests are in it. Caches
// must ignore directives that they don't know (RFC 9111, 5.2.3).
func linkedHeader(info Info, r *http.Request) http.Header {
	header := http.Header{}
	setDownloadHeaders(header, info)
	cache := `no-store, ` + core.LinkedDigest + `="` + header.Get("Repr-Digest") + `"`
	if sums := linkedSums(info, r); len(sums) > 0 {
		cache += `, ` + core.LinkedPartDigest + `="` + formatDigest(sums) + `"`
	}
	header.Set("Cache-Control", cache)
	return header
}

func linkedSums(info Info, r *http.Request) []byte {
	content.SetRange(r)
	span, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes=")
	if !ok {
		return nil
	}
	return partSums(info, fmt.Sprintf("bytes %s/%d", span, info.Size))
}
