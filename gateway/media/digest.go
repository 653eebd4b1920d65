package media

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"rtmwasm/core"
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

// formatDigest is the reverse of parseDigest. It serves Part-Digest too: a header of our
// own, of the same form, that holds the SHA-256 of each core.MediaDigestBytes of a
// range, one behind the other. They were taken while storing, so a range costs no hashing to serve.
func formatDigest(sum []byte) string {
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum) + ":"
}

// maxSums is how many digests of parts are told of a range: some proxies take no headers, and
// some servers no URLs, over 4 KB. It is enough for half of the largest file, and clients that
// verify ask for no more at once.
const maxSums = core.MaxMediaBytes/2/core.MediaDigestBytes + 1

// partSums returns the digests of the range of a Content-Range header: none where it
// does not begin and end where digests do, has more than maxSums, or there is no range.
func partSums(info Info, contentRange string) []byte {
	var from, last, total int64
	if _, err := fmt.Sscanf(contentRange, "bytes %d-%d/%d", &from, &last, &total); err != nil {
		return nil
	}
	if from < 0 || last < from || last >= info.Size {
		return nil
	}
	end := last + 1
	if from%core.MediaDigestBytes != 0 || end%core.MediaDigestBytes != 0 && end != info.Size {
		return nil
	}
	first := int(from / core.MediaDigestBytes * sha256.Size)
	behind := int((end + core.MediaDigestBytes - 1) / core.MediaDigestBytes * sha256.Size)
	if behind > len(info.Sums) || behind-first > maxSums*sha256.Size {
		return nil
	}
	return info.Sums[first:behind]
}
