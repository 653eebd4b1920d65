package media

import (
	"net/http"
	"strconv"

	"rtmwasm/core"
)

const (
	corsMethods = "GET, HEAD, POST, PATCH, DELETE, OPTIONS"

	corsRequestHeaders = "Authorization, Content-Type, Range, If-Range, If-None-Match, " +
		"Tus-Resumable, Upload-Length, Upload-Metadata, Upload-Offset, Upload-Defer-Length, Upload-Concat, " +
		"Repr-Digest, X-HTTP-Method-Override, X-Request-ID"

	corsExposed = "Location, Upload-Offset, Upload-Length, Upload-Metadata, Upload-Expires, " +
		"Tus-Resumable, Tus-Version, Tus-Extension, Tus-Max-Size, " +
		"ETag, Repr-Digest, Part-Digest, Content-Range, Accept-Ranges, Content-Length, Content-Disposition, X-Request-Id, " +
		core.GatewayHeader

	tusVersion    = "1.0.0"
	tusExtensions = "creation,creation-with-upload,termination,expiration"
)

// allowOrigin sets what lets a page of another origin read the answer, and reports
// whether the origin may use the service at all.
func (h *Handler) allowOrigin(header http.Header, origin string) bool {
	header.Set("Cross-Origin-Resource-Policy", "cross-origin")
	allowed := "*"
	if h.config.AllowOrigin != nil {
		header.Add("Vary", "Origin")
		if origin == "" {
			return true // not a page
		}
		if !h.config.AllowOrigin(origin) {
			return false
		}
		allowed = origin
	}
	header.Set("Access-Control-Allow-Origin", allowed)
	header.Set("Access-Control-Expose-Headers", corsExposed)
	return true
}

// serveOptions answers preflights, and tus clients that ask what the server can do.
func serveOptions(w http.ResponseWriter) {
	header := w.Header()
	header.Set("Access-Control-Allow-Methods", corsMethods)
	header.Set("Access-Control-Allow-Headers", corsRequestHeaders)
	header.Set("Access-Control-Max-Age", "86400")
	header.Set("Tus-Resumable", tusVersion)
	header.Set("Tus-Version", tusVersion)
	header.Set("Tus-Extension", tusExtensions)
	header.Set("Tus-Max-Size", strconv.Itoa(core.MaxMediaBytes))
	w.WriteHeader(http.StatusNoContent)
}
