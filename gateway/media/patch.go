package media

import (
	"encoding/base64"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/tus/tusd/v2/pkg/handler"
)

// contentType is that of the bytes of an upload. (tus 1.0)
const contentType = "application/offset+octet-stream"

// patchUpload refuses what tusd would take or answer differently.
func (h *Handler) patchUpload(w http.ResponseWriter, r *http.Request) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != contentType {
		refuseTus(w, errContentType)
		return
	}
	r.Header.Set("Content-Type", contentType) // tusd takes it without parameters only
	requestOf(r.Context()).patch = r
	h.tus.PatchFile(w, r)
}

// patchesBeyond reports whether the request brings bytes for the place behind the end of a
// finished upload. tusd answers it with 204.
func (r *request) patchesBeyond(info Info) bool {
	if r.patch == nil || !info.Finished() || r.patch.Header.Get("Upload-Offset") != strconv.FormatInt(info.Size, 10) {
		return false
	}
	return r.patch.ContentLength > 0 || r.patch.ContentLength < 0 && hasMore(r.patch.Body)
}

func hasMore(r io.Reader) bool {
	var one [1]byte
	n, _ := io.ReadFull(r, one[:]) // an error means that no more comes
	return n == 1
}

// limitedBody is a body whose length was not announced. It holds back the last bytes that
// there is room for until it is known that no more follow: an upload that is sent too much is
// not finished. tusd drops what is too much, and tells nobody.
type limitedBody struct {
	io.ReadCloser
	room *int64 // how many bytes the upload lacks; 0: not known yet
}

func (b limitedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if *b.room == 0 || n == 0 {
		return n, err
	}
	if left := *b.room - int64(n); left < 0 || left == 0 && err == nil && hasMore(b.ReadCloser) {
		return 0, handler.ErrSizeExceeded
	}
	*b.room -= int64(n)
	return n, err
}

// validMetadata reports whether the lines of Upload-Metadata are as tus 1.0 has them: one,
// of pairs between commas, each a key that no other has, and a value in Base64 or none.
func validMetadata(lines []string) bool {
	if len(lines) == 0 || len(lines) == 1 && strings.TrimSpace(lines[0]) == "" {
		return true // some clients send an empty one for none
	}
	seen := map[string]bool{}
	for pair := range strings.SplitSeq(lines[0], ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(pair), " ")
		_, err := base64.StdEncoding.DecodeString(value)
		if key == "" || !printable(key) || seen[key] || err != nil || strings.ContainsAny(value, "\r\n") {
			return false
		}
		seen[key] = true
	}
	return len(lines) == 1
}

// printable reports whether a text is ASCII without spaces and control characters.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
