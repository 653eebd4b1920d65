package natsengine

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/session"
)

func TestEvictionsAreRead(t *testing.T) {
	for _, want := range []session.Eviction{{Session: "s"}, {Session: "s", Moved: true}, {Session: "s", Moved: true, LastSeq: 1 << 63}} {
		got, err := decodeEviction(encodeEviction(want))
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	_, err := decodeEviction([]byte("s x"))
	require.Error(t, err)
}
