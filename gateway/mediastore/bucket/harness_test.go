package bucket_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/gateway/media"
	"rtmwasm/gateway/mediastore"
	"rtmwasm/gateway/mediastore/bucket"
	"rtmwasm/tests/s3"
)

const (
	app        = "0123456789abcdef0123456789abcdef"
	bucketName = "media"
)

// shared is a server for tests that do not kill it.
var shared = sync.OnceValues(func() (*s3.Server, error) {
	dir, err := os.MkdirTemp("", "rtm-s3-")
	if err != nil {
		return nil, err
	}
	server, err := s3.New(context.Background(), dir)
	if err == nil {
		started = server
		err = server.Start()
	}
	return server, err
})

var started *s3.Server // what TestMain ends

func TestMain(m *testing.M) {
	code := m.Run()
	if started != nil {
		started.Kill()
		_ = os.RemoveAll(filepath.Dir(started.Dir))
	}
	os.Exit(code)
}

// newBucket is a server with an empty bucket.
func newBucket(t testing.TB) *s3.Server {
	t.Helper()
	s3.SetEnvironment(t)
	server, err := shared()
	require.NoError(t, err)
	require.NoError(t, server.MakeBucket(bucketName))
	return server
}

// proxy stands before an S3 server and notes what it is asked.
type proxy struct {
	*httptest.Server

	mu       sync.Mutex
	requests []string                                          // "METHOD key"
	answer   func(w http.ResponseWriter, r *http.Request) bool // answers instead, where it returns true
}

func newProxy(t testing.TB, server *s3.Server) *proxy {
	target, err := url.Parse(server.URL)
	require.NoError(t, err)
	// The signature is of the Host that was sent.
	forward := &httputil.ReverseProxy{
		Rewrite:  func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	p := &proxy{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.requests = append(p.requests, r.Method+" "+strings.TrimPrefix(r.URL.Path, "/"+bucketName+"/"))
		answer := p.answer
		p.mu.Unlock()
		if answer == nil || !answer(w, r) {
			forward.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

// take returns the requests since the last call.
func (p *proxy) take() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	taken := p.requests
	p.requests = nil
	return taken
}

func (p *proxy) instead(answer func(w http.ResponseWriter, r *http.Request) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answer
}

// open returns Files on the bucket of a server, as another gateway would have them.
func open(t testing.TB, endpoint string, change ...func(*bucket.Options)) *bucket.Files {
	t.Helper()
	o := bucket.Options{
		Bucket: bucketName, Prefix: "a/b", Endpoint: endpoint, Region: s3.Region, PathStyle: true,
		Spool: t.TempDir(), Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
	for _, c := range change {
		c(&o)
	}
	files, err := bucket.New(t.Context(), o)
	require.NoError(t, err)
	return files
}

// newKey is a key of an upload that was created at some time.
func newKey(created time.Time) string {
	var id [29]byte
	for i := range id {
		id[i] = byte(rand.Uint32())
	}
	hour := []byte{byte(created.Unix() / 3600 >> 16), byte(created.Unix() / 3600 >> 8), byte(created.Unix() / 3600)}
	return hex.EncodeToString(hour) + hex.EncodeToString(id[:])
}

// bytesOf is content that is the same for the same seed.
func bytesOf(seed uint64, n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(seed)})
	_, _ = r.Read(b)
	return b
}

// infoOf is what a store would tell Finish about content.
func infoOf(key string, content []byte) media.Info {
	info := media.Info{
		Ref: media.Ref{App: app, Key: key}, UID: "alice",
		Metadata: map[string]string{"filename": "née  two spaces.png", "empty": ""},
		Size:     int64(len(content)), Offset: int64(len(content)),
		Created: time.Now().UTC().Truncate(time.Microsecond), Touched: time.Now().UTC().Truncate(time.Microsecond),
		Type: "image/png", Digest: sha256.Sum256(content),
	}
	info.Expires = info.Created.Add(core.MediaLifetime)
	info.Expected = info.Digest[:]
	if len(content) > core.MediaDigestBytes {
		for at := 0; at < len(content); at += core.MediaDigestBytes {
			sum := sha256.Sum256(content[at:min(len(content), at+core.MediaDigestBytes)])
			info.Sums = append(info.Sums, sum[:]...)
		}
	}
	return info
}

// part opens a part, and closes it with the test.
func part(t testing.TB, files *bucket.Files, key string, offset int64) mediastore.Part {
	t.Helper()
	p, err := files.Part(t.Context(), app, key, offset)
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func write(t testing.TB, p mediastore.Part, content []byte) {
	t.Helper()
	n, err := p.Write(content)
	require.NoError(t, err)
	require.Len(t, content, n)
}

// store stores a file by one request.
func store(t testing.TB, files *bucket.Files, key string, content []byte) media.Info {
	t.Helper()
	p, info := part(t, files, key, 0), infoOf(key, content)
	write(t, p, content)
	require.NoError(t, p.Finish(t.Context(), info))
	require.NoError(t, p.Close())
	return info
}

// holds checks that a file is there, as it was stored.
func holds(t testing.TB, files *bucket.Files, info media.Info, content []byte) {
	t.Helper()
	got, r, err := files.Open(t.Context(), app, info.Key)
	require.NoError(t, err)
	defer r.Close()
	assert.Equal(t, info, got)
	var out bytes.Buffer
	n, err := r.WriteN(&out, info.Size)
	require.NoError(t, err)
	assert.Equal(t, info.Size, n)
	assert.True(t, bytes.Equal(content, out.Bytes()), "it has another content")
	got, err = files.Stat(t.Context(), app, info.Key)
	require.NoError(t, err)
	assert.Equal(t, info, got)
}

// missing checks that a file is not there.
func missing(t testing.TB, files *bucket.Files, key string) {
	t.Helper()
	_, _, err := files.Open(context.Background(), app, key)
	require.ErrorIs(t, err, media.ErrNotFound)
	_, err = files.Stat(context.Background(), app, key)
	require.ErrorIs(t, err, media.ErrNotFound)
}

// readAll reads the rest of a file.
func readAll(t testing.TB, r io.Reader) []byte {
	t.Helper()
	b, err := io.ReadAll(r)
	require.NoError(t, err)
	return b
}
