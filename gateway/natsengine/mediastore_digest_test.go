package natsengine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/gateway/media"
)

func TestRefusedContentLeavesNothing(t *testing.T) {
	s, ctx := openMediaStore(t), context.Background()
	before := storedBytes(t, s)
	sum := sha256.Sum256([]byte("something else"))
	info, err := s.Create(ctx, media.Info{
		Ref:      media.Ref{App: mediaApp, Key: strings.Repeat("a", core.MediaKeyLength), Session: "s1"},
		UID:      "ada",
		Size:     2 << 20,
		Expected: sum[:],
	})
	require.NoError(t, err)
	half := make([]byte, 1<<20-1)
	info, err = s.Append(ctx, info.App, info.Key, 0, bytes.NewReader(half))
	require.NoError(t, err)
	info, err = s.Append(ctx, info.App, info.Key, info.Offset, bytes.NewReader(make([]byte, 2<<20)))
	require.ErrorIs(t, err, media.ErrDigest)
	assert.False(t, info.Finished())
	assert.Equal(t, before, storedBytes(t, s))
}

func TestAKeyIsTakenOnce(t *testing.T) {
	s := openMediaStore(t)
	info := newUpload(t, s, "a", 5)
	_, err := s.Create(context.Background(), media.Info{Ref: info.Ref, UID: info.UID, Size: 6})
	assert.ErrorIs(t, err, media.ErrConflict)
	now, err := s.Info(context.Background(), info.App, info.Key)
	require.NoError(t, err)
	assert.EqualValues(t, 5, now.Size)
}

func TestTheSecretStays(t *testing.T) {
	dir := t.TempDir()
	var secrets [][]byte
	for range 2 {
		e, err := Open(context.Background(), Options{Dir: dir})
		require.NoError(t, err)
		secrets = append(secrets, e.media.Secret())
		e.Close()
	}
	assert.Len(t, secrets[0], secretBytes)
	assert.NotEqual(t, make([]byte, secretBytes), secrets[0])
	assert.Equal(t, secrets[0], secrets[1])
	assert.NotEqual(t, secrets[0], openMediaStore(t).Secret())
}

func TestPartsHaveTheirDigests(t *testing.T) {
	s, ctx := openMediaStore(t), context.Background()
	content := bytes.Repeat([]byte("0123456789"), 250_000)
	var want []byte
	for part := range slices.Chunk(content, core.MediaDigestBytes) {
		sum := sha256.Sum256(part)
		want = append(want, sum[:]...)
	}
	inPieces := func(key string, between func(media.Info)) []byte {
		info := newUpload(t, s, key, int64(len(content)))
		for _, end := range []int{300, 700_000, 2_000_000, len(content)} {
			var err error
			info, err = s.Append(ctx, info.App, info.Key, info.Offset, bytes.NewReader(content[info.Offset:end]))
			require.NoError(t, err)
			between(info)
		}
		return info.Sums
	}
	assert.Equal(t, want, inPieces("a", func(media.Info) {}), "a part that was filled up later too")

	assert.Empty(t, inPieces("b", func(info media.Info) { // as if by a gateway that took none
		if r, revision, err := s.load(ctx, info.App, info.Key); err == nil && info.Offset > partBytes && !r.finished() {
			r.Sums = nil
			_, err = s.save(ctx, info.App, info.Key, r, revision)
			require.NoError(t, err)
		}
	}))
}
