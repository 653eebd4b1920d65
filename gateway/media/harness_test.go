package media_test

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
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/media"
	"rtmwasm/gateway/mediastore"
	"rtmwasm/gateway/mediastore/folder"
	"rtmwasm/gateway/mediaurl"
	"rtmwasm/gateway/natsengine"
)

const (
	appA = "0123456789abcdef0123456789abcdef"
	appB = "fedcba9876543210fedcba9876543210"

	chunkType = "application/offset+octet-stream"
)

// credentials are "app uid session" in these tests.
type credentials struct{}

func (credentials) Authenticate(_ context.Context, credential string) (media.Principal, error) {
	f := strings.Split(credential, "|")
	if len(f) != 3 {
		return media.Principal{}, media.ErrUnauthorized
	}
	return media.Principal{App: f[0], UID: f[1], SessionID: f[2]}, nil
}

// server is a gateway's media part on a real engine, reached over HTTP.
type server struct {
	t         testing.TB
	dir       string
	maxAge    time.Duration
	config    media.Config
	makeFiles func(t testing.TB, dir string, secret []byte) mediastore.Files // nil: a folder in dir
	checker   mediastore.Checker
	checkWait time.Duration
	wrapStore func(media.Store) media.Store // nil: the handler uses the Store itself

	engine  *natsengine.Engine
	files   mediastore.Files
	media   *mediastore.Store
	store   *watchedStore
	handler *media.Handler
	http    *httptest.Server
}

// watchedStore is the engine's store, and tells how much of the bodies it has read.
type watchedStore struct {
	media.Store
	read atomic.Int64
}

func (s *watchedStore) Append(ctx context.Context, info media.Info, src io.Reader) (media.Info, error) {
	return s.Store.Append(ctx, info, &watchedReader{src, &s.read})
}

type watchedReader struct {
	io.Reader
	read *atomic.Int64
}

func (r *watchedReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.read.Add(int64(n))
	return n, err
}

type option func(*server)

func newServer(t testing.TB, options ...option) *server {
	s := &server{t: t, dir: t.TempDir(), config: media.Config{Auth: credentials{}}}
	for _, o := range options {
		o(s)
	}
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *server) start() {
	var err error
	s.engine, err = natsengine.Open(context.Background(), natsengine.Options{Dir: s.dir, MediaMaxAge: s.maxAge})
	require.NoError(s.t, err)
	if s.makeFiles == nil {
		s.makeFiles = makeFolder
	}
	s.files = s.makeFiles(s.t, s.dir, s.engine.MediaRecords().Secret())
	s.config.Gateways = s.engine.MediaGateways()
	s.serve()
}

// serve starts what each gateway has of its own.
func (s *server) serve() {
	var err error
	s.media = mediastore.New(mediastore.Options{Records: s.engine.MediaRecords(), Files: s.files, MaxAge: s.maxAge, Checker: s.checker, CheckWait: s.checkWait})
	s.store = &watchedStore{Store: s.media}
	if s.wrapStore != nil {
		s.store.Store = s.wrapStore(s.media)
	}
	s.config.Store = s.store
	if s.config.URLKeys == nil {
		s.config.URLKeys = mediaurl.NewRing(s.engine.MediaKeys(), nil, 0)
	}
	if s.config.Logger == nil {
		s.config.Logger = slog.New(slog.NewTextHandler(s.t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	s.handler, err = media.New(s.config)
	require.NoError(s.t, err)
	mux := http.NewServeMux()
	mux.Handle(media.BasePath, s.handler)
	s.http = httptest.NewServer(mux)
}

func (s *server) stop() {
	s.http.CloseClientConnections()
	s.http.Close()
	require.NoError(s.t, s.media.Close())
	s.engine.Close()
}

// makeFolder makes Files in a folder within the data folder of a server; see onBucket.
func makeFolder(t testing.TB, dir string, secret []byte) mediastore.Files {
	if os.Getenv(onBucket) != "" {
		return makeBucket(t, dir)
	}
	files, err := folder.Open(folder.Options{Dir: filepath.Join(dir, "media"), Secret: secret})
	require.NoError(t, err)
	return files
}

// as returns a client with a credential for the app, user and session.
func (s *server) as(app, uid, session string) *client {
	return &client{s: s, credential: app + "|" + uid + "|" + session}
}

type client struct {
	s          *server
	credential string
}

// answer is a response that was read to its end.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (c *client) request(method, path string, body io.Reader, header ...string) *http.Request {
	r, err := http.NewRequest(method, c.s.http.URL+path, body)
	require.NoError(c.s.t, err)
	r.Header.Set("Tus-Resumable", "1.0.0")
	if c.credential != "" {
		r.Header.Set("Authorization", "Bearer "+c.credential)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func (c *client) do(method, path string, body io.Reader, header ...string) answer {
	c.s.t.Helper()
	resp, err := c.s.http.Client().Do(c.request(method, path, body, header...))
	require.NoError(c.s.t, err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	require.NoError(c.s.t, err)
	return answer{resp.StatusCode, resp.Header, data}
}

func (c *client) create(size int, header ...string) answer {
	c.s.t.Helper()
	return c.do("POST", "/media/", nil, append([]string{"Upload-Length", strconv.Itoa(size)}, header...)...)
}

// created makes an upload and returns its path.
func (c *client) created(size int) string {
	c.s.t.Helper()
	a := c.create(size)
	require.Equal(c.s.t, 201, a.status, "%s", a.body)
	return a.header.Get("Location")
}

func (c *client) patch(path string, offset int, body io.Reader) answer {
	c.s.t.Helper()
	return c.do("PATCH", path, body, "Content-Type", chunkType, "Upload-Offset", strconv.Itoa(offset))
}

// uploaded stores content and returns its path.
func (c *client) uploaded(content []byte) string {
	c.s.t.Helper()
	path := c.created(len(content))
	a := c.patch(path, 0, bytes.NewReader(content))
	require.Equal(c.s.t, 204, a.status, "%s", a.body)
	return path
}

// offset asks how much of an upload is stored.
func (c *client) offset(path string) int {
	c.s.t.Helper()
	a := c.do("HEAD", path, nil)
	require.Equal(c.s.t, 200, a.status)
	n, err := strconv.Atoi(a.header.Get("Upload-Offset"))
	require.NoError(c.s.t, err)
	return n
}

// requireContent downloads path and compares it and its digest headers.
func (c *client) requireContent(path string, want []byte) answer {
	c.s.t.Helper()
	a := c.do("GET", path, nil)
	require.Equal(c.s.t, 200, a.status, "%s", a.header)
	require.True(c.s.t, bytes.Equal(want, a.body), "the content differs")
	require.Equal(c.s.t, etag(want), a.header.Get("ETag"))
	return a
}

func etag(content []byte) string {
	sum := sha256.Sum256(content)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

// randomBytes is the same for the same seed.
func randomBytes(seed uint64, n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)}).Read(b)
	return b
}

// partial is an upload request whose body comes when the test says so.
type partial struct {
	c      *client
	body   *io.PipeWriter
	cancel context.CancelFunc
	result chan answer // closed without an answer when the connection broke
}

func (c *client) startPatch(path string, offset int) *partial {
	return c.start("PATCH", path, "Content-Type", chunkType, "Upload-Offset", strconv.Itoa(offset))
}

func (c *client) start(method, path string, header ...string) *partial {
	return c.startIn(context.Background(), method, path, header...)
}

func (c *client) startIn(ctx context.Context, method, path string, header ...string) *partial {
	pr, pw := io.Pipe()
	ctx, cancel := context.WithCancel(ctx)
	p := &partial{c: c, body: pw, cancel: cancel, result: make(chan answer, 1)}
	r := c.request(method, path, pr, header...).WithContext(ctx)
	go func() {
		defer close(p.result)
		resp, err := c.s.http.Client().Do(r)
		if err != nil {
			return
		}
		defer resp.Body.Close()
		data, _ := io.ReadAll(resp.Body)
		p.result <- answer{resp.StatusCode, resp.Header, data}
	}()
	c.s.t.Cleanup(p.cut)
	return p
}

// write sends bytes and waits until the store has them.
func (p *partial) write(data []byte) {
	p.c.s.t.Helper()
	want := p.c.s.store.read.Load() + int64(len(data))
	_, err := p.body.Write(data)
	require.NoError(p.c.s.t, err)
	require.Eventually(p.c.s.t, func() bool { return p.c.s.store.read.Load() >= want }, time.Minute, time.Millisecond)
}

// cut breaks the connection, and waits until the client has noticed.
func (p *partial) cut() {
	p.cancel()
	p.body.CloseWithError(context.Canceled) // the client waits for its body
	<-p.result
}
