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

// FuzzRecord: what a record says of the digests is consistent, or it is none.
func FuzzRecord(f *testing.F) {
	r := record{Key: media.Key(time.Now(), string(bytes.Repeat([]byte("a"), 58))), UID: "anna", Session: "s1", Size: 3 * core.MediaDigestBytes}
	d, err := r.digester()
	require.NoError(f, err)
	d.write(make([]byte, core.MediaDigestBytes+5))
	d.note(&r)
	f.Add(r.encode())
	r.Sums = nil
	f.Add(r.encode())
	f.Add([]byte(`{"key":"` + r.Key + `","size":5,"offset":4}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := decodeRecord(data)
		if err != nil {
			return
		}
		d, err := r.digester()
		require.NoError(t, err)
		d.write(make([]byte, r.Size-r.Offset))
		_, sums := d.finish()
		assert.Len(t, sums, int((r.Size+core.MediaDigestBytes-1)/core.MediaDigestBytes)*32)
		again, err := decodeRecord(r.encode())
		require.NoError(t, err)
		assert.Equal(t, r.encode(), again.encode())
	})
}
