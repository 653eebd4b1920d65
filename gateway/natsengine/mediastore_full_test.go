package natsengine

import (
	"bytes"
	"context"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/media"
)

// TestAFullStore: what fitted is kept, and the upload goes on when there is room.
func TestAFullStore(t *testing.T) {
	s, ctx := openMediaStore(t), context.Background()
	stream, err := s.stream.Info(ctx)
	require.NoError(t, err)
	limit := func(bytes int64) {
		config := stream.Config
		config.MaxBytes, config.Discard = bytes, jetstream.DiscardNew
		_, err := s.js.UpdateStream(ctx, config)
		require.NoError(t, err)
	}
	const room = 5 << 19 // two and a half parts
	limit(room)
	content := bytes.Repeat([]byte("0123456789abcdef"), 4<<20/16)
	info := newUpload(t, s, "a", int64(len(content)))

	got, err := s.Append(ctx, info.App, info.Key, 0, bytes.NewReader(content))
	require.ErrorIs(t, err, media.ErrFull)
	require.Less(t, got.Offset, int64(len(content)))

	limit(-1)
	got, err = s.Append(ctx, info.App, info.Key, got.Offset, bytes.NewReader(content[got.Offset:]))
	require.NoError(t, err)
	assert.True(t, got.Finished())
}
