package mediastore

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/gateway/media"
)

// FuzzRecord: what a record says is consistent, or it is none.
func FuzzRecord(f *testing.F) {
	r := record{Key: media.Key(time.Now(), string(bytes.Repeat([]byte("a"), 58))), UID: "anna", Session: "s1", Size: 3 * core.MediaDigestBytes, Offset: 5}
	f.Add(r.encode())
	r.Offset = r.Size
	f.Add(r.encode())
	f.Add([]byte(`{"key":"` + r.Key + `","size":5,"offset":4}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := decodeRecord(data)
		if err != nil {
			return
		}
		require.Less(t, r.Offset, r.Size)
		again, err := decodeRecord(r.encode())
		require.NoError(t, err)
		assert.Equal(t, r.encode(), again.encode())
	})
}
