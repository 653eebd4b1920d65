package media

import (
	"encoding/base64"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/tus/tusd/v2/pkg/handler"
)

// Resumable uploads by the drafts of the IETF's HTTP working group
// (draft-ietf-httpbis-resumable-upload), which URLSession of iOS 17 and later uses. Such a request
// is changed into a request of tus 1.0 and passed to tusd, so that the same rules apply to all
// uploads. draftWriter changes the answer back.
//
// tusd's own support (Config.EnableExperimentalProtocol) ends at version 6, but iOS 26 sends 8.
// It also omits the offset in 409, and Upload-Complete in answers to PATCH.

// The supported interop versions: of draft -01 (iOS 17) to -12.
const (
	oldestDraft = 3
	newestDraft = 8

	draftOfUploadComplete = 4 // first version with Upload-Complete; earlier ones have Upload-Incomplete, its opposite
	draftOfPartialUpload  = 6 // first version in which PATCH needs partialUpload
)

const (
	draftVersionHeader = "Upload-Draft-Interop-Version"

	// partialUpload is the content type of PATCH.
	partialUpload = "application/partial-upload"

	// statusUploadResumption is the status of the interim answer that says where an upload can be resumed.
	statusUploadResumption = 104
)

// draft has the values of a request of the IETF's drafts.
type draft struct {
	version  int
	unknown  bool  // the version is newer: the body is accepted, but resumption is not offered
	complete bool  // the upload is complete after this body
	length   int64 // of the complete upload; -1: the request does not have it
}

// isDraft reports whether a request is one of the IETF's drafts.
func isDraft(r *http.Request) bool {
	return r.Header.Get(draftVersionHeader) != "" && r.Header.Get("Tus-Resumable") == ""
}

// draftOf changes a request of the IETF's drafts into one of tus 1.0, or returns a handler.Error.
func draftOf(r *http.Request) (*draft, error) {
	d := &draft{length: -1}
	said, known := false, false
	d.version, known = draftVersion(r)
	if d.complete, said = d.readComplete(r.Header); !known {
		if r.Method != http.MethodPost || !d.complete || d.version < newestDraft {
			return nil, errDraftVersion
		}
		d.unknown = true
	}
	r.Header.Set("Tus-Resumable", tusVersion)
	switch r.Method {
	case http.MethodPost:
		if !said {
			return nil, errDraftComplete
		}
		return d, d.rewriteCreation(r)
	case http.MethodPatch:
		if !said && d.version >= draftOfUploadComplete {
			return nil, errDraftComplete
		}
		return d, d.rewriteAppend(r)
	}
	return d, nil
}

func draftVersion(r *http.Request) (version int, known bool) {
	n, ok := integerItem(r.Header.Get(draftVersionHeader))
	if !ok {
		return 0, false
	}
	if n > newestDraft {
		return newestDraft, false
	}
	return int(n), n >= oldestDraft
}

// readComplete reads Upload-Complete; said reports whether the request has it.
func (d *draft) readComplete(h http.Header) (complete, said bool) {
	name, whole := "Upload-Complete", "?1"
	if d.version < draftOfUploadComplete {
		name, whole = "Upload-Incomplete", "?0"
	}
	item := bareItem(h.Get(name))
	return item == whole, item == "?0" || item == "?1"
}

// readLength reads the length of an upload from a request whose body begins at offset.
func (d *draft) readLength(r *http.Request, offset int64) error {
	if n, ok := integerItem(r.Header.Get("Upload-Length")); ok {
		d.length = n
	}
	if r.ContentLength < 0 {
		return nil
	}
	end := offset + r.ContentLength
	switch {
	case d.complete && d.length < 0:
		d.length = end
	case d.length >= 0 && end > d.length, d.complete && end < d.length:
		return errInconsistentLength
	}
	return nil
}

func (d *draft) rewriteCreation(r *http.Request) error {
	if err := d.readLength(r, 0); err != nil {
		return err
	}
	if d.length < 0 {
		return errDraftLength
	}
	r.Header.Set("Upload-Length", strconv.FormatInt(d.length, 10))
	addMetadata(r.Header)
	r.Header.Set("Content-Type", contentType)
	if r.ContentLength == 0 {
		r.Header.Del("Content-Type")
	}
	return nil
}

func (d *draft) rewriteAppend(r *http.Request) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if d.version >= draftOfPartialUpload && (err != nil || kind != partialUpload) {
		return errDraftType
	}
	offset, ok := integerItem(r.Header.Get("Upload-Offset"))
	if !ok {
		return handler.ErrInvalidOffset
	}
	if err := d.readLength(r, offset); err != nil {
		return err
	}
	r.Header.Set("Upload-Offset", strconv.FormatInt(offset, 10))
	r.Header.Set("Content-Type", contentType)
	r.Header.Del("Upload-Length") // in tus 1.0, PATCH has it only for uploads of unknown length
	return nil
}

// checkAppend compares the values of a PATCH with the upload.
func (d *draft) checkAppend(r *http.Request, info Info) error {
	offset, _ := strconv.ParseInt(r.Header.Get("Upload-Offset"), 10, 64)
	switch {
	case d.length >= 0 && d.length != info.Size:
		return errInconsistentLength
	case offset != info.Offset:
		return errMismatchingOffset(info.Offset, offset)
	case info.Finished() && r.ContentLength != 0 && hasMore(r.Body):
		return errInconsistentLength
	}
	return nil
}

// addMetadata adds the name and type of the file from other headers to Upload-Metadata.
func addMetadata(h http.Header) {
	pairs := strings.TrimSpace(h.Get("Upload-Metadata"))
	given := handler.ParseMetadataHeader(pairs)
	add := func(key, value string) {
		if _, ok := given[key]; ok || value == "" {
			return
		}
		if pairs != "" {
			pairs += ","
		}
		pairs += key + " " + base64.StdEncoding.EncodeToString([]byte(value))
	}
	kind, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	_, disposition, _ := mime.ParseMediaType(h.Get("Content-Disposition"))
	add("filetype", kind)
	add("filename", disposition["filename"])
	if pairs != "" && len(h.Values("Upload-Metadata")) < 2 { // two headers are refused later
		h.Set("Upload-Metadata", pairs)
	}
}

// bareItem returns the item of a structured field (RFC 9651), without parameters.
func bareItem(field string) string {
	item, _, _ := strings.Cut(field, ";")
	return strings.Trim(item, " ")
}

// integerItem reads a structured field that is a non-negative integer.
func integerItem(field string) (int64, bool) {
	item := bareItem(field)
	n, err := strconv.ParseUint(item, 10, 63)
	return int64(n), err == nil && len(item) <= 15
}
