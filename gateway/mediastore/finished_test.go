package mediastore_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/media"
	"rtmwasm/gateway/mediastore"
)

// A file is told of once, when others can read it, and not before its last byte or if it is rejected.
func TestFinishedIsTold(t *testing.T) {
	var told []media.Info
	var s *mediastore.Store
	s = newPlace(t).store(t, func(o *mediastore.Options) {
		o.Finished = func(info media.Info) {
			requireContent(t, s, info.Key, content(1, 1000))
			told = append(told, info)
		}
	})
	b := content(1, 1000)
	info := create(t, s, 1, b)
	info, err := s.Append(t.Context(), info, bytes.NewReader(b[:400]))
	require.NoError(t, err)
	assert.Empty(t, told)
	info, err = s.Append(t.Context(), info, bytes.NewReader(b[400:]))
	require.NoError(t, err)
	require.Len(t, told, 1)
	assert.Equal(t, []any{info.Key, info.UID, int64(1000)}, []any{told[0].Key, told[0].UID, told[0].Size})

	rejecting := newPlace(t).store(t, func(o *mediastore.Options) {
		o.Checker, o.Finished = &judge{says: &media.Rejected{Reason: "a virus"}}, func(media.Info) { t.Error("told of a rejected file") }
	})
	_, err = rejecting.Append(t.Context(), create(t, rejecting, 1, b), bytes.NewReader(b))
	require.Error(t, err)
}
