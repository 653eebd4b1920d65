package core

import "strings"

// Headers with digests. Object stores that gateways redirect to do not send these headers. There the
// digests are directives of Cache-Control, which a gateway can set.
const (
	LinkedDigest     = "Repr-Digest"
	LinkedPartDigest = "Part-Digest"
)

// told returns one of these digests of an answer, or "" if the answer does not have it.
func told(r *HTTPResponse, name string) string {
	if v := r.Header(name); v != "" {
		return v
	}
	_, v, _ := strings.Cut(r.Header("Cache-Control"), name+`="`)
	v, _, _ = strings.Cut(v, `"`)
	return v
}

// reprDigest is the Repr-Digest header (RFC 9530) of a SHA-256, and the Part-Digest of
// several.
func reprDigest(sum []byte) string { return "sha-256=:" + toBase64(sum) + ":" }
