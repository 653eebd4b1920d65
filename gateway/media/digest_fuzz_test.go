package media

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"rtmwasm/core"
)

func FuzzParseDigest(f *testing.F) {
	sum := sha256.Sum256(nil)
	for _, s := range []string{formatDigest(sum[:]), "sha-512=:AAAA:, " + formatDigest(sum[:]), "sha-256=::", "sha-256=:A", "=,;:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		sum, err := parseDigest([]string{s})
		if err != nil {
			return
		}
		again, err := parseDigest([]string{formatDigest(sum)})
		require.NoError(t, err)
		require.Equal(t, sum, again)
	})
}

func FuzzPartSums(f *testing.F) {
	f.Add("bytes 0-524287/1048577", int64(2*core.MediaDigestBytes+1))
	f.Add("bytes 524288-1048576/1048577", int64(2*core.MediaDigestBytes+1))
	f.Add("bytes -9223372036854775808-9223372036854775807/1", int64(1))
	f.Fuzz(func(t *testing.T, contentRange string, size int64) {
		if size < 1 || size > core.MaxMediaBytes {
			return
		}
		info := Info{Size: size, Sums: make([]byte, (size+core.MediaDigestBytes-1)/core.MediaDigestBytes*sha256.Size)}
		sums := partSums(info, contentRange)
		var from, last, total int64
		if _, err := fmt.Sscanf(contentRange, "bytes %d-%d/%d", &from, &last, &total); err == nil && from >= 0 && last >= from && last < size && len(sums) > 0 {
			require.EqualValues(t, (last-from)/core.MediaDigestBytes+1, len(sums)/sha256.Size)
		}
	})
}
