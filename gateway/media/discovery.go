package media

import (
	"net/http"
	"strconv"

	"rtmwasm/core"
)

const (
	methods = "GET, HEAD, POST, PATCH, DELETE, OPTIONS"

	tusVersion    = "1.0.0"
	tusExtensions = "creation,creation-with-upload,termination,expiration"
)

// serveOptions tells clients of tus and of the IETF's drafts which features the server has.
func serveOptions(w http.ResponseWriter) {
	header := w.Header()
	header.Set("Allow", methods)
	header.Set("Tus-Resumable", tusVersion)
	header.Set("Tus-Version", tusVersion)
	header.Set("Tus-Extension", tusExtensions)
	header.Set("Tus-Max-Size", strconv.Itoa(core.MaxMediaBytes))
	header.Set("Accept-Patch", partialUpload+", "+contentType)
	header.Set("Upload-Limit", uploadLimit)
	w.WriteHeader(http.StatusNoContent)
}
