// Package content is for handlers that serve content over HTTP. It reads the Range header as
// RFC 9110 defines it, and writes with deadlines.
package content

import (
	"math"
	"net/http"
	"strconv"
	"strings"
)

// invalid is a Range header to which http.ServeContent answers with status 416.
const invalid = "bytes=?"

// SetRange rewrites the Range header of a request for http.ServeContent, which differs from
// RFC 9110, 14: it refuses unknown units, and "Bytes"; it accepts a sign before a number; and it
// refuses positions of more than 63 bits.
//
// SetRange removes the header if the answer must have the complete content: for several ranges, as
// 14.2 allows, and for the last zero bytes, for which there is no Content-Range.
func SetRange(r *http.Request) {
	lines := r.Header.Values("Range")
	if len(lines) == 0 {
		return
	}
	header, ok := normalize(strings.Join(lines, ","))
	if !ok {
		r.Header.Del("Range")
		return
	}
	r.Header.Set("Range", header)
}

// normalize returns the header for http.ServeContent, or false to ignore it.
func normalize(header string) (string, bool) {
	unit, set, _ := strings.Cut(header, "=")
	if !strings.EqualFold(strings.TrimSpace(unit), "bytes") || strings.Contains(set, ",") {
		return "", false
	}
	first, last, ok := strings.Cut(strings.TrimSpace(set), "-")
	from, fromOK := position(first)
	to, toOK := position(last)
	switch {
	case !ok, first == "" && last == "":
		return invalid, true
	case first == "" && toOK:
		return "bytes=-" + strconv.FormatInt(to, 10), to > 0
	case fromOK && last == "":
		return "bytes=" + strconv.FormatInt(from, 10) + "-", true
	case fromOK && toOK:
		return "bytes=" + strconv.FormatInt(from, 10) + "-" + strconv.FormatInt(to, 10), true
	}
	return invalid, true
}

// position reads digits. For a number that is too large it returns the largest int64: no file is longer.
func position(digits string) (int64, bool) {
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return math.MaxInt64, true
	}
	return n, true
}
