package natsengine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/gateway/media"
)

// uploadOf makes an upload of a user.
func uploadOf(t *testing.T, s *mediaStore, app, uid, key string, size int64) media.Info {
	info, err := s.Create(t.Context(), media.Info{
		Ref: media.Ref{App: app, Key: strings.Repeat(key, core.MediaKeyLength), Session: "s1"}, UID: uid, Size: size,
	})
	require.NoError(t, err)
	return info
}

func usageIs(t *testing.T, s *mediaStore, app, uid string, want int64) {
	t.Helper()
	n, err := s.Usage(t.Context(), app, uid)
	require.NoError(t, err)
	assert.Equal(t, want, n, "%s of %s", uid, app)
}

func TestUsage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	e, err := Open(t.Context(), Options{Dir: dir})
	require.NoError(t, err)
	s := e.media
	usageIs(t, s, "appA", "anna.*>", 0)

	finished := uploadOf(t, s, "appA", "anna.*>", "a", 5<<20)
	_, err = s.Append(t.Context(), "appA", finished.Key, 0, bytes.NewReader(make([]byte, 5<<20)))
	require.NoError(t, err)
	abandoned := uploadOf(t, s, "appA", "anna.*>", "b", 1<<20)
	uploadOf(t, s, "appA", "ben", "c", 1)
	uploadOf(t, s, "appB", "anna.*>", "d", 1<<20)
	usageIs(t, s, "appA", "anna.*>", 6<<20)
	usageIs(t, s, "appA", "ben", leastUsage)
	usageIs(t, s, "appA", "", 6<<20+leastUsage)
	usageIs(t, s, "appB", "", 1<<20)

	for range 2 { // sweeps of two gateways
		require.NoError(t, s.Abandon(t.Context(), abandoned.Ref))
	}
	require.NoError(t, s.Abandon(t.Context(), finished.Ref), "finished files stay")
	usageIs(t, s, "appA", "anna.*>", 5<<20)

	e.Close()
	e, err = Open(t.Context(), Options{Dir: dir})
	require.NoError(t, err)
	defer e.Close()
	usageIs(t, e.media, "appA", "anna.*>", 5<<20)
	usageIs(t, e.media, "appA", "", 5<<20+leastUsage)
}

func TestRejectedContentDoesNotCount(t *testing.T) {
	s := openMediaStore(t)
	sum := sha256.Sum256([]byte("announced"))
	info, err := s.Create(t.Context(), media.Info{
		Ref: media.Ref{App: mediaApp, Key: strings.Repeat("a", core.MediaKeyLength), Session: "s1"}, UID: "anna", Size: 3, Expected: sum[:],
	})
	require.NoError(t, err)
	usageIs(t, s, mediaApp, "anna", leastUsage)
	_, err = s.Append(t.Context(), mediaApp, info.Key, 0, strings.NewReader("abc"))
	require.ErrorIs(t, err, media.ErrDigest)
	usageIs(t, s, mediaApp, "anna", 0)
}

func TestUsageEndsWithTheFile(t *testing.T) {
	e, err := Open(t.Context(), Options{Dir: t.TempDir(), MediaMaxAge: time.Second})
	require.NoError(t, err)
	defer e.Close()
	info := uploadOf(t, e.media, mediaApp, "anna", "a", 3)
	_, err = e.media.Append(t.Context(), mediaApp, info.Key, 0, strings.NewReader("abc"))
	require.NoError(t, err)
	usageIs(t, e.media, mediaApp, "anna", leastUsage)
	require.Eventually(t, func() bool {
		// The list waits for keys that expire between the count and the delivery. Ask again then.
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		n, err := e.media.Usage(ctx, mediaApp, "")
		return err == nil && n == 0
	}, time.Minute, 50*time.Millisecond)
}
