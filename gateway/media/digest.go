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

// parseDigest returns the SHA-256 of a Repr-Digest header (RFC 9530), or nil without such a
// header. The header may have other algorithms, too. It is an error if it has only those: the
// sender would expect that the content is checked.
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

// formatDigest is the reverse of parseDigest. It is also for Part-Digest, our own header of the same
// form. That has the SHA-256 of each core.MediaDigestBytes of a range, one after the other. They were
// computed when the file was stored, so serving a range needs no hashing.
func formatDigest(sum []byte) string {
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum) + ":"
}

// maxSums is how many digests of parts an answer may have: some proxies do not accept headers over
// 4 KB, and some servers URLs over 4 KB. It is enough for half of the largest file, and clients that
// verify do not ask for more at once.
const maxSums = core.MaxMediaBytes/2/core.MediaDigestBytes + 1

// partSums returns the digests of the range of a Content-Range header. It returns nil without a range,
// for a range with more than maxSums digests, and for one whose ends are not those of digests.
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
