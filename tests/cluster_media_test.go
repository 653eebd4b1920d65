package tests

import (
	"bytes"
	"crypto/sha256"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/media"
	"rtmwasm/gateway/mediastore"
	"rtmwasm/gateway/natsengine"
	"rtmwasm/tests/cluster"
	"rtmwasm/tests/s3"
)

// Uploads at two gateways of a cluster.
func TestClusterMedia(t *testing.T) {
	t.Parallel()
	c, program := startCluster(t), buildGateway(t)
	t.Run("records", func(t *testing.T) { testRecords(t, c) })
	t.Run("in a bucket", func(t *testing.T) { testMediaAtTwoGateways(t, c, program, inBucket(s3.Run(t, "media").URL)) })
	folder := []string{"--media", c.Dir + "/media"}
	t.Run("in a folder", func(t *testing.T) { testMediaAtTwoGateways(t, c, program, folder) })
	t.Run("while the NATS server that leads is killed", func(t *testing.T) { testMediaWithoutALeader(t, c, program, folder) })
}

// testMediaAtTwoGateways starts two gateways with their media at the same place.
func testMediaAtTwoGateways(t *testing.T, c *cluster.Cluster, program string, media []string) {
	a, b := serveOn(t, c, program, media), serveOn(t, c, program, media)
	u := &uploader{t, b.credentialOf("alice")}
	content := randomFile(4 << 20)
	const sent = 5 * 250_001

	t.Run("HEAD at another gateway grows, and a newer request there evicts the older", func(t *testing.T) {
		u := u.in(t)
		path := u.create(a, len(content))
		older := u.start(a, path, 0)
		for n := 0; n < sent; n += sent / 5 {
			older.send(content[n : n+sent/5])
			u.awaitOffset(b, path, n+sent/5)
		}
		began := time.Now()
		require.Equal(t, 409, u.patch(b, path, 0, content), "what A has stored is to be asked for")
		took := time.Since(began)
		t.Logf("evicted: %v after the newer request", took.Round(time.Millisecond))
		assert.Less(t, took, 50*time.Second, "it did not wait until the older request was given up as stalled, which takes 60 s")
		assert.Equal(t, 409, older.status())
		require.Equal(t, sent, u.offset(b, path))
		require.Equal(t, 204, u.patch(b, path, sent, content[sent:]))
		u.has(a, path, content)
	})

	t.Run("what is cut at one gateway goes on at another", func(t *testing.T) {
		u := u.in(t)
		path := u.create(a, len(content))
		cut := u.start(a, path, 0)
		cut.send(content[:sent])
		u.awaitOffset(b, path, sent)
		cut.cut()
		require.Equal(t, 204, u.patch(b, path, sent, content[sent:]))
		u.has(b, path, content)
	})

	t.Run("a gateway that does not answer is passed over, and spoils nothing later", func(t *testing.T) {
		u := u.in(t)
		path := u.create(a, len(content))
		require.Equal(t, 204, u.patch(a, path, 0, content[:sent]))
		frozen := u.start(a, path, sent)
		frozen.send(content[sent : 2*sent])
		u.awaitOffset(b, path, 2*sent)
		require.NoError(t, cluster.Pause(a.Process))
		defer func() { _ = cluster.Resume(a.Process) }()
		began := time.Now()
		at := u.offset(b, path) // of a request that takes long, the progress is stored now and then
		newer := u.start(b, path, at)
		newer.send(content[at : len(content)-10])
		u.awaitOffset(b, path, len(content)-10, newer)
		t.Logf("recovered: an upload went on %v after its gateway had frozen", time.Since(began).Round(time.Millisecond))
		require.NoError(t, cluster.Resume(a.Process))
		frozen.send(bytes.Repeat([]byte{'x'}, len(content)-2*sent))
		// It may have answered, and closed the connection, before all of that was sent.
		assert.Contains(t, []int{409, 0}, frozen.status())
		newer.send(content[len(content)-10:])
		require.Equal(t, 204, newer.status())
		u.has(a, path, content)
	})

	t.Run("a gateway is killed in mid-upload", func(t *testing.T) {
		u := u.in(t)
		path := u.create(a, len(content))
		require.Equal(t, 204, u.patch(a, path, 0, content[:sent]))
		killed := u.start(a, path, sent)
		killed.send(content[sent : 2*sent])
		u.awaitOffset(b, path, 2*sent)
		require.NoError(t, a.Process.Kill())
		began := time.Now()
		at := u.offset(b, path)
		require.Equal(t, 204, u.patch(b, path, at, content[at:]))
		t.Logf("recovered: an upload was finished %v after its gateway was killed", time.Since(began).Round(time.Millisecond))
		u.has(b, path, content)
	})
}

// serveOn starts a gateway on a cluster.
func serveOn(t *testing.T, c *cluster.Cluster, program string, media []string) *service {
	return serve(t, program, append(media, "--listen", "127.0.0.1:0", "--nats", strings.Join(c.URLs(), ","))...)
}

// testMediaWithoutALeader kills the server that decides about records.
func testMediaWithoutALeader(t *testing.T, c *cluster.Cluster, program string, media []string) {
	g := serveOn(t, c, program, media)
	u := &uploader{t, g.credentialOf("alice")}
	require.NoError(t, c.Healthy(t.Context()))
	leaderOf(t, c, "KV_rtm_media_uploads").Kill()
	began, worst := time.Now(), time.Duration(0)
	for i := range 20 {
		once, status, until := time.Now(), 0, time.Now().Add(waitLimit)
		for status != 201 { // without a leader the gateway can't tell whose the credential is
			a := u.ask(g, http.MethodPost, "/media/", bytes.NewReader(make([]byte, 1000+i)),
				"Upload-Length", strconv.Itoa(1000+i), "Content-Type", "application/offset+octet-stream")
			status = a.StatusCode
			require.Contains(t, []int{201, 503}, status)
			require.Less(t, time.Now(), until, "no other server decides")
		}
		worst = max(worst, time.Since(once))
	}
	t.Logf("recovered: 20 files took %v, the slowest %v", time.Since(began).Round(time.Millisecond), worst.Round(time.Millisecond))
}

// testRecords has two gateways change the same record, which three servers keep.
func testRecords(t *testing.T, c *cluster.Cluster) {
	open := func() mediastore.Records {
		e, err := natsengine.Open(t.Context(), natsengine.Options{Servers: c.URLs(), Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		t.Cleanup(e.Close)
		return e.MediaRecords()
	}
	ctx, a, b := t.Context(), open(), open()
	id := strings.Repeat("a", 58)
	for range 5 {
		first, err := a.Create(ctx, "app", id, []byte("one"))
		require.NoError(t, err)
		_, err = b.Create(ctx, "app", id, []byte("two"))
		require.ErrorIs(t, err, media.ErrConflict)
		second, err := b.Update(ctx, "app", id, []byte("three"), first)
		require.NoError(t, err)
		_, err = a.Update(ctx, "app", id, []byte("four"), first)
		require.ErrorIs(t, err, media.ErrConflict)
		require.ErrorIs(t, a.Delete(ctx, "app", id, first), media.ErrConflict)
		value, revision, err := a.Get(ctx, "app", id)
		require.NoError(t, err)
		assert.Equal(t, "three", string(value))
		assert.Equal(t, second, revision)
		require.NoError(t, a.Delete(ctx, "app", id, second))
		require.ErrorIs(t, b.Delete(ctx, "app", id, second), media.ErrConflict)
		_, _, err = b.Get(ctx, "app", id)
		require.ErrorIs(t, err, media.ErrNotFound)

		ref := media.Ref{App: "app", Key: strings.Repeat("b", 64), Session: "s"}
		require.NoError(t, a.AddToSession(ctx, ref))
		refs, err := b.Unfinished(ctx, "s")
		require.NoError(t, err)
		require.Equal(t, []media.Ref{ref}, refs)
		require.NoError(t, b.RemoveFromSession(ctx, ref))
		refs, err = a.Unfinished(ctx, "s")
		require.NoError(t, err)
		require.Empty(t, refs)
	}
	var writers sync.WaitGroup
	for _, r := range []mediastore.Records{a, b} {
		writers.Go(func() {
			for range 50 {
				assert.NoError(t, r.Count(ctx, "app", "anna", time.Now(), 7))
			}
		})
	}
	writers.Wait()
	require.Eventually(t, func() bool { // a server that lags may answer
		n, err := b.Usage(ctx, "app", "anna")
		require.NoError(t, err)
		return n == 2*50*7
	}, waitLimit, 10*time.Millisecond)
}

// leaderOf is the server that decides about a stream.
func leaderOf(t *testing.T, c *cluster.Cluster, stream string) *cluster.Server {
	nc, err := nats.Connect(strings.Join(c.URLs(), ","))
	require.NoError(t, err)
	defer nc.Close()
	js, err := jetstream.New(nc)
	require.NoError(t, err)
	s, err := js.Stream(t.Context(), stream)
	require.NoError(t, err)
	n, err := strconv.Atoi(strings.TrimPrefix(s.CachedInfo().Cluster.Leader, "n"))
	require.NoError(t, err)
	return c.Servers[n-1]
}

// uploader is a user who speaks tus with any gateway.
type uploader struct {
	t          *testing.T
	credential string
}

func (u *uploader) in(t *testing.T) *uploader { return &uploader{t, u.credential} }

func (u *uploader) do(at *service, method, path string, body io.Reader, header ...string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(u.t.Context(), method, at.url+path, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+u.credential)
	r.Header.Set("Tus-Resumable", "1.0.0")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return http.DefaultClient.Do(r)
}

func (u *uploader) ask(at *service, method, path string, body io.Reader, header ...string) *http.Response {
	u.t.Helper()
	a, err := u.do(at, method, path, body, header...)
	require.NoError(u.t, err)
	require.NoError(u.t, a.Body.Close())
	return a
}

func (u *uploader) create(at *service, size int) (path string) {
	u.t.Helper()
	a := u.ask(at, http.MethodPost, "/media/", nil, "Upload-Length", strconv.Itoa(size))
	require.Equal(u.t, 201, a.StatusCode)
	return a.Header.Get("Location")
}

func (u *uploader) patch(at *service, path string, offset int, content []byte) (status int) {
	u.t.Helper()
	return u.ask(at, http.MethodPatch, path, bytes.NewReader(content), "Upload-Offset", strconv.Itoa(offset), "Content-Type", "application/offset+octet-stream").StatusCode
}

func (u *uploader) offset(at *service, path string) int {
	u.t.Helper()
	a := u.ask(at, http.MethodHead, path, nil)
	require.Equal(u.t, 200, a.StatusCode)
	n, err := strconv.Atoi(a.Header.Get("Upload-Offset"))
	require.NoError(u.t, err)
	return n
}

// awaitOffset waits until an offset is told, while none of the requests that send has ended.
func (u *uploader) awaitOffset(at *service, path string, want int, senders ...*slowPatch) {
	u.t.Helper()
	until := time.Now().Add(waitLimit)
	for n := -1; n != want; {
		for _, s := range senders {
			s.goesOn()
		}
		n = u.offset(at, path)
		require.LessOrEqual(u.t, n, want)
		require.Less(u.t, time.Now(), until, "the offset stays at %d", n)
	}
}

func (u *uploader) has(at *service, path string, want []byte) {
	u.t.Helper()
	a, err := u.do(at, http.MethodGet, path, nil)
	require.NoError(u.t, err)
	defer a.Body.Close()
	require.Equal(u.t, 200, a.StatusCode)
	got, err := io.ReadAll(a.Body)
	require.NoError(u.t, err)
	require.Equal(u.t, sha256.Sum256(want), sha256.Sum256(got))
}

// slowPatch is a request whose body comes when the test says so.
type slowPatch struct {
	t      *testing.T
	body   *io.PipeWriter
	result chan int // status, or 0 without an answer
}

func (u *uploader) start(at *service, path string, offset int) *slowPatch {
	body, sends := io.Pipe()
	p := &slowPatch{u.t, sends, make(chan int, 1)}
	go func() {
		a, err := u.do(at, http.MethodPatch, path, body, "Upload-Offset", strconv.Itoa(offset), "Content-Type", "application/offset+octet-stream")
		if err != nil {
			p.result <- 0
			return
		}
		_ = a.Body.Close()
		p.result <- a.StatusCode
	}()
	u.t.Cleanup(func() { _ = sends.CloseWithError(io.ErrUnexpectedEOF) })
	return p
}

// send returns when the client has taken the bytes, or its request has ended.
func (p *slowPatch) send(content []byte) { _, _ = p.body.Write(content) }

// goesOn fails if the request has ended.
func (p *slowPatch) goesOn() {
	p.t.Helper()
	select {
	case status := <-p.result:
		require.Fail(p.t, "the request has ended", "with status %d", status)
	default:
	}
}

func (p *slowPatch) cut() {
	_ = p.body.CloseWithError(io.ErrUnexpectedEOF)
	assert.Zero(p.t, <-p.result)
}

func (p *slowPatch) status() int {
	_ = p.body.Close()
	return <-p.result
}
