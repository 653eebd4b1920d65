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
	// Link returns a finished file's Info, and a URL by which whoever has it can read the file
	// for about a minute. The answer there has the header that answer returns: Content-Type,
	// Content-Disposition and Cache-Control. It returns "" when the gateway is to serve
	// downloads itself.
	Link(ctx context.Context, app, key string, answer func(Info) http.Header) (Info, string, error)
}

// redirect answers a download with where to find the file, if the store can tell. The answer
// there has the header that answer returns; nil means that the file is not to be read there.
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

// linkedHeader is what the answer to a link is to have. An object store sends no digests of
// ours, but a Cache-Control as it is told, and a page may read that from another origin:
// so the digests are in it, where caches must ignore what they don't know (RFC 9111, 5.2.3).
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
