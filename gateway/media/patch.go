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

// contentType is the content type of PATCH. (tus 1.0)
const contentType = "application/offset+octet-stream"

// patchUpload adds bytes to an upload. It checks the content type itself, because tusd does not accept
// parameters in it.
func (h *Handler) patchUpload(w http.ResponseWriter, r *http.Request) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != contentType {
		refuseTus(w, errContentType)
		return
	}
	r.Header.Set("Content-Type", contentType) // without parameters
	requestOf(r.Context()).patch = r
	h.tus.PatchFile(w, r)
}

// patchesBeyond reports whether the request adds bytes after the end of a finished upload. tusd would answer
// 204.
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

// limitedBody is a body whose length was not announced. It returns handler.ErrSizeExceeded if there are more
// bytes than the upload lacks. It returns the last bytes only when it knows that no more follow, so that an
// upload with too many bytes is not finished. tusd would silently drop the extra bytes.
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

// validMetadata reports whether the lines of Upload-Metadata have the form of tus 1.0: one line of pairs
// separated by commas. Each pair is a unique key, and a value in Base64 or no value.
func validMetadata(lines []string) bool {
	if len(lines) == 0 || len(lines) == 1 && strings.TrimSpace(lines[0]) == "" {
		return true // some clients send an empty line for no metadata
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
