package natsengine

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/gateway/media"
)

const mediaApp = "0123456789abcdef0123456789abcdef"

func openMediaStore(t *testing.T) *mediaStore {
	e, err := Open(context.Background(), Options{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(e.Close)
	return e.media
}

// storedBytes is the size of the media stream and the bucket together.
func storedBytes(t *testing.T, s *mediaStore) uint64 {
	parts, err := s.stream.Info(context.Background())
	require.NoError(t, err)
	infos, err := s.infos.Info(context.Background())
	require.NoError(t, err)
	return parts.State.Bytes + infos.State.Bytes
}

func newUpload(t *testing.T, s *mediaStore, key string, size int64) media.Info {
	info, err := s.Create(context.Background(), media.Info{
		Ref:  media.Ref{App: mediaApp, Key: strings.Repeat(key, core.MediaKeyLength), Session: "s/1 *.>"},
		UID:  "anna",
		Size: size,
	})
	require.NoError(t, err)
	return info
}

func TestAbandonLeavesNothing(t *testing.T) {
	s, ctx := openMediaStore(t), context.Background()
	before := storedBytes(t, s)
	info := newUpload(t, s, "a", 5<<20)
	_, err := s.Append(ctx, info.App, info.Key, 0, bytes.NewReader(make([]byte, 3<<20+7)))
	require.NoError(t, err)
	require.Greater(t, storedBytes(t, s), before+3<<20)

	require.NoError(t, s.Abandon(ctx, info.Ref))
	assert.Equal(t, before, storedBytes(t, s))
	require.NoError(t, s.Abandon(ctx, info.Ref), "again")
	_, err = s.Info(ctx, info.App, info.Key)
	assert.ErrorIs(t, err, media.ErrNotFound)
}

func TestAReplacedTailIsNotKept(t *testing.T) {
	s, ctx := openMediaStore(t), context.Background()
	info := newUpload(t, s, "a", 1000)
	for offset := int64(0); offset < 1000; offset += 100 {
		got, err := s.Append(ctx, info.App, info.Key, offset, bytes.NewReader(make([]byte, 100)))
		require.NoError(t, err)
		require.Equal(t, offset+100, got.Offset)
	}
	parts, err := s.stream.Info(ctx)
	require.NoError(t, err)
	assert.EqualValues(t, 1, parts.State.Msgs)
	refs, err := s.Unfinished(ctx, "")
	require.NoError(t, err)
	assert.Empty(t, refs)
}

// TestTwoWriters: what locks prevent in one gateway happens between two.
func TestTwoWriters(t *testing.T) {
	s, ctx := openMediaStore(t), context.Background()
	info := newUpload(t, s, "a", 6)
	r, w := io.Pipe()
	slow := make(chan error)
	go func() {
		_, err := s.Append(ctx, info.App, info.Key, 0, r)
		slow <- err
	}()
	_, err := w.Write([]byte("xx")) // the slow one has begun
	require.NoError(t, err)
	got, err := s.Append(ctx, info.App, info.Key, 0, strings.NewReader("abcdef"))
	require.NoError(t, err)
	require.True(t, got.Finished())
	w.Close()
	require.ErrorIs(t, <-slow, media.ErrConflict)

	_, file, err := s.Open(ctx, info.App, info.Key)
	require.NoError(t, err)
	defer file.Close()
	content, err := io.ReadAll(file)
	require.NoError(t, err)
	assert.Equal(t, "abcdef", string(content))
}

func TestAppendToARemovedUpload(t *testing.T) {
	s, ctx := openMediaStore(t), context.Background()
	before := storedBytes(t, s)
	info := newUpload(t, s, "a", 6)
	r, w := io.Pipe()
	done := make(chan error)
	go func() {
		_, err := s.Append(ctx, info.App, info.Key, 0, r)
		done <- err
	}()
	_, err := w.Write([]byte("xx"))
	require.NoError(t, err)
	require.NoError(t, s.Abandon(ctx, info.Ref))
	w.Close()
	require.ErrorIs(t, <-done, media.ErrNotFound)
	assert.Equal(t, before, storedBytes(t, s))
}

func TestABrokenSourceKeepsWhatCame(t *testing.T) {
	s, ctx := openMediaStore(t), context.Background()
	info := newUpload(t, s, "a", 100)
	broken := errors.New("broken")
	r, w := io.Pipe()
	go func() {
		w.Write([]byte("abc"))
		w.CloseWithError(broken)
	}()
	got, err := s.Append(ctx, info.App, info.Key, 0, r)
	require.ErrorIs(t, err, broken)
	assert.EqualValues(t, 3, got.Offset)
	stored, err := s.Info(ctx, info.App, info.Key)
	require.NoError(t, err)
	assert.EqualValues(t, 3, stored.Offset)
}

func TestUnfinishedAndAdopt(t *testing.T) {
	s, ctx := openMediaStore(t), context.Background()
	info := newUpload(t, s, "a", 100)
	refs, err := s.Unfinished(ctx, info.Session)
	require.NoError(t, err)
	assert.Equal(t, []media.Ref{info.Ref}, refs)

	require.NoError(t, s.Adopt(ctx, info.App, info.Key, "s2"))
	refs, err = s.Unfinished(ctx, info.Session)
	require.NoError(t, err)
	assert.Empty(t, refs)
	require.NoError(t, s.Abandon(ctx, info.Ref), "of a session it no longer counts for")
	got, err := s.Info(ctx, info.App, info.Key)
	require.NoError(t, err)
	assert.Equal(t, "s2", got.Session)
}

// TestAMissingPartIsNotFound: a file of which a part is gone is gone.
func TestAMissingPartIsNotFound(t *testing.T) {
	s, ctx := openMediaStore(t), context.Background()
	info := newUpload(t, s, "a", 3)
	_, err := s.Append(ctx, info.App, info.Key, 0, strings.NewReader("abc"))
	require.NoError(t, err)
	require.NoError(t, s.purgeParts(ctx, info.App, info.Key))
	s.recent.parts.Purge()
	_, file, err := s.Open(ctx, info.App, info.Key)
	require.NoError(t, err)
	defer file.Close()
	_, err = file.WriteN(io.Discard, 3)
	assert.ErrorIs(t, err, media.ErrNotFound)
}
