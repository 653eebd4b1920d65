package core

import "strings"

// Headers with digests. Object stores that gateways redirect to send none; there they are
// directives of Cache-Control, which a gateway can set.
const (
	LinkedDigest     = "Repr-Digest"
	LinkedPartDigest = "Part-Digest"
)

// told returns one of these digests of an answer, "" for none.
func told(r *HTTPResponse, name string) string {
	if v := r.Header(name); v != "" {
		return v
	}
	_, v, _ := strings.Cut(r.Header("Cache-Control"), name+`="`)
	v, _, _ = strings.Cut(v, `"`)
	return v
}

// base64Digits are those of standard Base64.
const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// reprDigest is the Repr-Digest header (RFC 9530) of a SHA-256, and the Part-Digest of
// several. The Base64 is written
// out: a package for it would be in every page's wasm.
func reprDigest(sum []byte) string {
	var out []byte
	for len(sum) > 0 {
		var group [3]byte
		n := copy(group[:], sum)
		sum = sum[n:]
		bits := uint(group[0])<<16 | uint(group[1])<<8 | uint(group[2])
		for i := range uint(4) {
			if int(i) > n {
				out = append(out, '=')
				continue
			}
			out = append(out, base64Digits[bits>>(18-6*i)&63])
		}
	}
	return "sha-256=:" + string(out) + ":"
}
