package natsengine

import (
	"bytes"
	"context"
	"crypto/sha256"
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
	_, err := s.Create(context.Background(), media.Info{Ref: info.Ref, Size: 6})
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
