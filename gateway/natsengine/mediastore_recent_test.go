package natsengine

import (
	"bytes"
	"context"
	"io"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/media"
)

// What was stored or read a moment ago is not asked of the engine again.
func TestRecentPartsAreInMemory(t *testing.T) {
	s, ctx := openMediaStore(t), context.Background()
	content := bytes.Repeat([]byte("0123456789"), 200_000) // two parts, the second small
	info := newUpload(t, s, "a", int64(len(content)))
	_, err := s.Append(ctx, info.App, info.Key, 0, bytes.NewReader(content))
	require.NoError(t, err)
	read := func() []byte {
		_, file, err := s.Open(ctx, info.App, info.Key)
		require.NoError(t, err)
		defer file.Close()
		got, err := io.ReadAll(file)
		require.NoError(t, err)
		return got
	}

	s.recent.parts.Purge()
	require.Equal(t, content, read(), "from the engine")
	require.NoError(t, s.stream.Purge(ctx))
	assert.True(t, bytes.Equal(content, read()), "from memory")

	for _, id := range s.recent.parts.Keys() {
		data, _ := s.recent.parts.Get(id)
		assert.LessOrEqual(t, cap(data), 2*len(data), "a small part does not hold a large buffer")
	}
}

// A file that has gone is gone, whatever is in memory; and a sequence that was counted
// again leads to nobody else's bytes.
func TestRecentPartsGiveNothingAway(t *testing.T) {
	s, ctx := openMediaStore(t), context.Background()
	info := newUpload(t, s, "a", 6)
	_, err := s.Append(ctx, info.App, info.Key, 0, bytes.NewReader([]byte("abcdef")))
	require.NoError(t, err)
	ids := s.recent.parts.Keys()
	require.Len(t, ids, 1)

	_, err = s.fetchPart(ctx, ids[0].seq, partSubject("other", "b", partNumber(0)))
	assert.ErrorIs(t, err, media.ErrNotFound)
	require.NoError(t, s.kv.Purge(ctx, recordKey(info.App, info.Key)))
	_, _, err = s.Open(ctx, info.App, info.Key)
	assert.ErrorIs(t, err, media.ErrNotFound)
}

// lagging is the media stream as a server knows it that has not taken in the last parts.
type lagging struct{ jetstream.Stream }

func (lagging) GetMsg(context.Context, uint64, ...jetstream.GetMsgOpt) (*jetstream.RawStreamMsg, error) {
	return nil, jetstream.ErrMsgNotFound
}

// A server of a cluster that lags behind is not believed: what was acknowledged is there.
// What is nowhere is not found.
func TestPartsOfAServerThatLags(t *testing.T) {
	s, ctx := openMediaStore(t), context.Background()
	info := newUpload(t, s, "a", 6)
	_, err := s.Append(ctx, info.App, info.Key, 0, bytes.NewReader([]byte("abcdef")))
	require.NoError(t, err)
	part := s.recent.parts.Keys()[0]
	s.recent.parts.Purge()
	s.stream = lagging{s.stream}

	data, err := s.fetchPart(ctx, part.seq, part.subject)
	require.NoError(t, err)
	assert.Equal(t, "abcdef", string(data))
	_, err = s.fetchPart(ctx, part.seq+1, part.subject)
	assert.ErrorIs(t, err, media.ErrNotFound)
}
