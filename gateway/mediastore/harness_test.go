package mediastore_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/media"
	"rtmwasm/gateway/mediastore"
	"rtmwasm/gateway/mediastore/bucket"
	"rtmwasm/gateway/mediastore/folder"
	"rtmwasm/gateway/natsengine"
	"rtmwasm/tests/s3"
)

const app = "0123456789abcdef0123456789abcdef"

// place is where gateways keep media: records in NATS, and a folder; see onBucket.
type place struct {
	records mediastore.Records
	files   mediastore.Files
	close   func()
}

func openPlace(dir string) (p place, err error) {
	quiet := slog.New(slog.DiscardHandler)
	engine, err := natsengine.Open(context.Background(), natsengine.Options{Dir: filepath.Join(dir, "data"), Logger: quiet})
	if err != nil {
		return place{}, err
	}
	files, err := openFiles(filepath.Join(dir, "media"), engine.MediaRecords().Secret())
	if err != nil {
		engine.Close()
		return place{}, err
	}
	return place{engine.MediaRecords(), files, func() {
		_ = files.Close()
		engine.Close()
	}}, nil
}

// closer is Files that can be closed.
type closer interface {
	mediastore.Files
	io.Closer
}

func openFiles(dir string, secret []byte) (closer, error) {
	if url := os.Getenv(onBucket); url != "" {
		return bucket.New(context.Background(), bucket.Options{
			Bucket: "media", Prefix: filepath.ToSlash(dir), Spool: dir, Endpoint: url, Region: s3.Region, PathStyle: true,
		})
	}
	return folder.Open(folder.Options{Dir: dir, Secret: secret})
}

// onBucket is a variable that has the tests of this package keep media in a bucket of the
// server at its URL.
const onBucket = "RTM_TEST_S3"

// TestOnABucket runs all other tests of this package once more, with media in a bucket.
func TestOnABucket(t *testing.T) {
	if os.Getenv(onBucket) != "" {
		return
	}
	server := s3.Run(t, "media")
	s3.SetEnvironment(t)
	self, err := os.Executable()
	require.NoError(t, err)
	again := exec.CommandContext(t.Context(), self)
	again.Env = append(os.Environ(), onBucket+"="+server.URL)
	out, err := again.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

func newPlace(t testing.TB) place {
	p, err := openPlace(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(p.close)
	return p
}

// store is a gateway's store of the place, as after its start.
func (p place) store(t testing.TB, change ...func(*mediastore.Options)) *mediastore.Store {
	o := mediastore.Options{Records: p.records, Files: p.files, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}
	for _, c := range change {
		c(&o)
	}
	s := mediastore.New(o)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func content(seed byte, n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

// newInfo is what Create is told of an upload. The same n stands for the same nonce.
func newInfo(n byte, b []byte) media.Info {
	now, sum := time.Now(), sha256.Sum256(b)
	id := strings.Repeat(string("0123456789abcdef"[n&15]), 58)
	return media.Info{
		Ref: media.Ref{App: app, Key: media.Key(now, id), Session: "s1"},
		UID: "anna", Metadata: map[string]string{"filename": "a.png"}, Expected: sum[:], Size: int64(len(b)), Created: now,
	}
}

func create(t testing.TB, s media.Store, n byte, b []byte) media.Info {
	t.Helper()
	info, err := s.Create(t.Context(), newInfo(n, b))
	require.NoError(t, err)
	return info
}

func appendAll(t testing.TB, s media.Store, info media.Info, b []byte) media.Info {
	t.Helper()
	info, err := s.Append(t.Context(), info, bytes.NewReader(b))
	require.NoError(t, err)
	return info
}

func requireContent(t testing.TB, s media.Store, key string, want []byte) {
	t.Helper()
	info, r, err := s.Open(t.Context(), app, key)
	require.NoError(t, err)
	defer r.Close()
	got, err := io.ReadAll(r)
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, got))
	require.Equal(t, sha256.Sum256(want), info.Digest)
	require.Equal(t, info.Created.Add(7*24*time.Hour), info.Expires)
}

func requireNoRecord(t testing.TB, p place, key string) {
	t.Helper()
	_, _, err := p.records.Get(t.Context(), app, media.KeyID(key))
	require.ErrorIs(t, err, media.ErrNotFound)
	refs, err := p.records.Unfinished(t.Context(), "")
	require.NoError(t, err)
	for _, ref := range refs {
		require.NotEqual(t, key, ref.Key)
	}
}
