package natsengine

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/mediaurl"
)

// Keys of media URLs change by revision, outlive a restart, and are those of all gateways.
func TestMediaKeys(t *testing.T) {
	ctx, opts := t.Context(), Options{Dir: t.TempDir()}
	e := openEngine(t, opts)
	keys := e.MediaKeys()
	value, revision, err := keys.Load(ctx)
	require.NoError(t, err)
	assert.Nil(t, value)
	require.NoError(t, keys.Save(ctx, []byte("one"), revision))
	require.ErrorIs(t, keys.Save(ctx, []byte("another"), revision), mediaurl.ErrConflict, "two gateways that draw the first")
	value, revision, err = keys.Load(ctx)
	require.NoError(t, err)
	assert.Equal(t, "one", string(value))
	require.NoError(t, keys.Save(ctx, []byte("two"), revision))
	require.ErrorIs(t, keys.Save(ctx, []byte("three"), revision), mediaurl.ErrConflict)
	value, _, err = keys.Load(ctx)
	require.NoError(t, err)
	assert.Equal(t, "two", string(value))

	busy := mediaKeys{beingWritten{}}
	require.ErrorIs(t, busy.Save(ctx, []byte("three"), revision), mediaurl.ErrConflict, "at the same moment")

	ring := mediaurl.NewRing(openEngine(t, Options{}).MediaKeys(), nil, 0)
	key, err := ring.Signing(ctx)
	require.NoError(t, err)
	assert.Len(t, key.Secret, mediaurl.MinSecret)
}
