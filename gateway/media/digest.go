package media

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
)

var errBadDigest = errors.New("media: not a Repr-Digest with sha-256")

// parseDigest returns the SHA-256 of a Repr-Digest header (RFC 9530), nil if there is
// no such header. Other algorithms may stand beside it; alone they are refused, since
// the sender could take the content for checked.
func parseDigest(values []string) ([]byte, error) {
	if len(values) == 0 {
		return nil, nil
	}
	for member := range strings.SplitSeq(strings.Join(values, ","), ",") {
		algorithm, value, _ := strings.Cut(strings.TrimSpace(member), "=")
		if algorithm != "sha-256" {
			continue
		}
		value, _, _ = strings.Cut(value, ";")
		inner, opened := strings.CutPrefix(strings.TrimSpace(value), ":")
		inner, closed := strings.CutSuffix(inner, ":")
		sum, err := base64.StdEncoding.DecodeString(inner)
		if !opened || !closed || err != nil || len(sum) != sha256.Size {
			return nil, errBadDigest
		}
		return sum, nil
	}
	return nil, errBadDigest
}

// formatDigest is the reverse of parseDigest.
func formatDigest(sum []byte) string {
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum) + ":"
}
