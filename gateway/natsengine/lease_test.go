package natsengine

import (
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Only one gateway has a lease, however often it is renewed, and nothing but its revision says which.
func TestLease(t *testing.T) {
	e := openEngine(t, Options{Webhook: hookOptions(nil)})
	l, err := e.acquire(t.Context(), "work")
	require.NoError(t, err)
	bucket, err := e.js.KeyValue(t.Context(), leaseBucket)
	require.NoError(t, err)
	for range 2 {
		entry, err := bucket.Get(t.Context(), "work")
		require.NoError(t, err)
		assert.Equal(t, l.revision, entry.Revision())
		assert.Empty(t, entry.Value())
		_, err = e.acquire(t.Context(), "work")
		require.ErrorIs(t, err, jetstream.ErrKeyExists)
		require.True(t, l.renew())
	}
	l.release()
	_, err = e.acquire(t.Context(), "work")
	assert.NoError(t, err)
}
