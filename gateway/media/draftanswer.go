package media

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/tus/tusd/v2/pkg/handler"

	"rtmwasm/core"
)

// draftWriter changes an answer of tus 1.0 into one of the IETF's drafts.
type draftWriter struct {
	http.ResponseWriter
	r       *http.Request
	req     *request
	offered bool // the client knows where it can resume
}

func (w *draftWriter) WriteHeader(status int) {
	if w.req.cut.Load() && status >= 500 && w.offered {
		// The bytes that have arrived are stored. URLSession only resumes after a broken connection: it
		// passes any status to its application. Without the deadline, net/http would wait for more of the body.
		_ = w.req.control.SetReadDeadline(time.Now()) // an error means the connection is gone
		panic(http.ErrAbortHandler)
	}
	w.setCommon()
	if u := w.req.upload; u != nil && status < 300 && w.r.Method != http.MethodDelete {
		status = w.describe(status, u.info)
	}
	w.ResponseWriter.WriteHeader(status)
}

// offerResumption tells the client where it can resume after an interruption, before its body is
// read.
func (w *draftWriter) offerResumption(key string) {
	if w.req.draft.unknown || !w.r.ProtoAtLeast(1, 1) { // HTTP/1.0 has no interim answers
		return
	}
	w.setCommon()
	w.Header().Set("Location", BasePath+key)
	w.ResponseWriter.WriteHeader(statusUploadResumption)
	w.offered = true
}

func (w *draftWriter) setCommon() {
	h := w.Header()
	h.Del("Tus-Resumable")
	if w.req.draft == nil {
		return
	}
	limit := uploadLimit
	if u := w.req.upload; u != nil && !u.info.Finished() {
		limit += ", max-age=" + strconv.FormatInt(max(0, int64(time.Until(u.expires()).Seconds())), 10)
	}
	h.Set("Upload-Limit", limit)
	if !w.req.draft.unknown {
		h.Set(draftVersionHeader, strconv.Itoa(w.req.draft.version))
	}
}

// describe sets the headers about an upload, and returns the status of the drafts. The answer to the
// last PATCH is the answer that a complete creation would have got.
func (w *draftWriter) describe(status int, info Info) int {
	h := w.Header()
	name, value := "Upload-Complete", info.Finished()
	if w.req.draft.version < draftOfUploadComplete {
		name, value = "Upload-Incomplete", !value
	}
	h.Set(name, map[bool]string{true: "?1", false: "?0"}[value])
	h.Set("Upload-Offset", strconv.FormatInt(info.Offset, 10))
	if info.Finished() {
		h.Set("Location", BasePath+info.Key)
	}
	switch {
	case w.r.Method == http.MethodHead:
		h.Del("Content-Length")
		h.Del("Upload-Metadata")
		return http.StatusNoContent
	case info.Finished():
		return http.StatusCreated
	}
	return status
}

// Unwrap gives http.ResponseController the writer that has the deadlines.
func (w *draftWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// uploadLimit has the limits in Upload-Limit that all uploads have in common.
var uploadLimit = fmt.Sprintf("max-size=%d, min-size=1, min-append-size=%d", core.MaxMediaBytes, core.MinMediaAppendBytes)

// problemTypes is the prefix of registered problem types (RFC 9457).
const problemTypes = "https://iana.org/assignments/http-problem-types#"

// Errors that only requests of the drafts get.
var (
	errDraftVersion  = handler.NewError("ERR_UNSUPPORTED_VERSION", fmt.Sprintf("this Upload-Draft-Interop-Version is not spoken here: use one of %d to %d, or tus 1.0", oldestDraft, newestDraft), http.StatusBadRequest)
	errDraftComplete = handler.NewError("ERR_INVALID_UPLOAD_COMPLETE", "send Upload-Complete: ?1 with the last bytes of a file, ?0 with others (in version 3, Upload-Incomplete: ?0 and ?1)", http.StatusBadRequest)
	errDraftLength   = handler.NewError("ERR_INVALID_UPLOAD_LENGTH", "the length of the file is not known: send Upload-Length, or the whole file with Content-Length and Upload-Complete: ?1", http.StatusLengthRequired)
	errDraftType     = withHeader(handler.NewError("ERR_INVALID_CONTENT_TYPE", "the body of PATCH needs Content-Type: "+partialUpload, http.StatusUnsupportedMediaType), "Accept-Patch", partialUpload)

	errInconsistentLength = problem(http.StatusBadRequest, "inconsistent-upload-length",
		"the length of the upload is another than this request says: ask for it, and send Upload-Complete: ?1 with the last byte only", nil)
)

func errMismatchingOffset(is, given int64) handler.Error {
	e := problem(http.StatusConflict, "mismatching-upload-offset", "the upload has another offset: go on from there",
		map[string]int64{"expected-offset": is, "provided-offset": given})
	return withHeader(e, "Upload-Offset", strconv.FormatInt(is, 10))
}

func problem(status int, kind, title string, more map[string]int64) handler.Error {
	body := map[string]any{"type": problemTypes + kind, "title": title, "status": status}
	for name, value := range more {
		body[name] = value
	}
	text, _ := json.Marshal(body) // never fails: strings and numbers
	e := handler.NewError(kind, title, status)
	e.HTTPResponse.Body = string(text) + "\n"
	return withHeader(e, "Content-Type", "application/problem+json")
}

func withHeader(e handler.Error, name, value string) handler.Error {
	header := handler.HTTPHeader{name: value}
	e.HTTPResponse = e.HTTPResponse.MergeWith(handler.HTTPResponse{Header: header})
	return e
}

// retryable returns the error of a request that the client may repeat. In the drafts, 409 and 423 are
// final unless the answer has the offset.
func (r *request) retryable(e handler.Error) handler.Error {
	if r.draft != nil {
		e.HTTPResponse.StatusCode = http.StatusServiceUnavailable
	}
	return e
}
