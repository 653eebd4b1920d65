package media_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/media"
	"rtmwasm/gateway/mediastore"
	"rtmwasm/gateway/scan"
	"rtmwasm/tests/clamd"
)

var _ mediastore.Checker = (*scan.Scanner)(nil)

// scans counts them.
type scans struct{ n atomic.Int64 }

func (s *scans) Scanned(scan.Result, time.Duration) { s.n.Add(1) }

// scanned lets a server have its uploads scanned by a daemon.
func scanned(d *clamd.Daemon, counted *scans) option {
	return func(s *server) {
		checker, err := scan.New(d.URL(), scan.Options{Meter: counted, Logger: slog.New(slog.NewTextHandler(s.t.Output(), nil))})
		require.NoError(s.t, err)
		s.checker = checker
		s.checkWait = time.Minute
	}
}

// slowly is for scans that take longer than a request waits.
func slowly(s *server) { s.checkWait = 20 * time.Millisecond }

var (
	cleanFile    = randomBytes(1, 300<<10)
	infectedFile = append(append(randomBytes(2, 200<<10), clamd.Infected...), randomBytes(3, 100<<10)...)
)

func reason(t testing.TB, a answer) string {
	t.Helper()
	text, err := url.PathUnescape(a.header.Get("Rtm-Reason"))
	require.NoError(t, err)
	return text
}

// leftFiles counts what lies in the server's media folder or bucket.
func (s *server) leftFiles() (n int) {
	dir := cmp.Or(bucketDir(s.dir), filepath.Join(s.dir, "media"))
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.HasPrefix(d.Name(), ".") {
			n++
		}
		return err
	})
	if !errors.Is(err, fs.ErrNotExist) { // of a bucket: nothing was stored, or it has just gone
		require.NoError(s.t, err)
	}
	return n
}

// requireRejected looks whether nothing is left of an upload but the reason.
func (c *client) requireRejected(path string, a answer) {
	c.s.t.Helper()
	require.Equal(c.s.t, 422, a.status, "%s", a.body)
	require.Equal(c.s.t, "the file was rejected: found "+clamd.Found, reason(c.s.t, a))
	if path != "" {
		require.Equal(c.s.t, 404, c.do("GET", path, nil).status)
	}
	refs, err := c.s.media.Unfinished(c.s.t.Context(), "")
	require.NoError(c.s.t, err)
	require.Empty(c.s.t, refs)
	used, err := c.s.media.Usage(c.s.t.Context(), appA, "")
	require.NoError(c.s.t, err)
	require.Zero(c.s.t, used)
	require.Zero(c.s.t, c.s.leftFiles())
}

func TestScan(t *testing.T) {
	d := clamd.Start(t)
	for name, send := range map[string]func(c *client, content []byte) (string, answer){
		"sent with the creation": func(c *client, content []byte) (string, answer) {
			a := c.do("POST", "/media/", bytes.NewReader(content), "Upload-Length", strconv.Itoa(len(content)), "Content-Type", chunkType)
			return a.header.Get("Location"), a
		},
		"sent after the creation": func(c *client, content []byte) (string, answer) {
			path := c.created(len(content))
			return path, c.patch(path, 0, bytes.NewReader(content))
		},
		"sent in two pieces": func(c *client, content []byte) (string, answer) {
			path := c.created(len(content))
			c.patch(path, 0, bytes.NewReader(content[:1000]))
			return path, c.patch(path, 1000, bytes.NewReader(content[1000:]))
		},
		"with the last byte alone": func(c *client, content []byte) (string, answer) {
			path, n := c.created(len(content)), len(content)-1
			c.patch(path, 0, bytes.NewReader(content[:n]))
			return path, c.patch(path, n, bytes.NewReader(content[n:]))
		},
	} {
		t.Run(name, func(t *testing.T) {
			counted := &scans{}
			c := newServer(t, scanned(d, counted)).as(appA, "ada", "session")
			path, a := send(c, infectedFile)
			c.requireRejected(path, a)
			if path != "" {
				c.requireRejected(path, c.do("HEAD", path, nil))
				c.requireRejected(path, c.patch(path, len(infectedFile)-1, bytes.NewReader(infectedFile[len(infectedFile)-1:])))
			}
			path, a = send(c, cleanFile)
			require.Less(t, a.status, 300, "%s", a.body)
			c.requireContent(path, cleanFile)
			assert.EqualValues(t, 2, counted.n.Load())
		})
	}
}

// The SDK repeats a creation whose answer was lost.
func TestRejectedCreationIsRepeated(t *testing.T) {
	c := newServer(t, scanned(clamd.Start(t), &scans{})).as(appA, "ada", "session")
	for range 2 {
		c.requireRejected("", c.do("POST", "/media/", bytes.NewReader(infectedFile), "Content-Type", chunkType,
			"Upload-Length", strconv.Itoa(len(infectedFile)), "Upload-Metadata", "nonce MDEyMzQ1Njc4OWFiY2RlZg=="))
	}
}

func TestScannerIsAwayForAWhile(t *testing.T) {
	d := clamd.Start(t)
	c := newServer(t, scanned(d, &scans{})).as(appA, "ada", "session")
	path, last := c.created(len(cleanFile)), len(cleanFile)-1
	d.Kill()
	for range 2 { // the second time it is known before
		a := c.patch(path, c.offset(path), bytes.NewReader(cleanFile[c.offset(path):]))
		require.Equal(t, 503, a.status, "%s", a.body)
		require.Contains(t, reason(t, a), "scanner")
		require.Equal(t, last, c.offset(path), "all but the last byte is kept")
		require.Equal(t, 404, c.do("GET", path, nil).status)
	}
	a := c.create(1000)
	require.Equal(t, 503, a.status, "nothing is sent in vain")
	require.Contains(t, reason(t, a), "scanner")

	d.Start()
	require.Eventually(t, func() bool { return c.create(1000).status == 201 }, time.Minute, 10*time.Millisecond)
	a = c.patch(path, last, bytes.NewReader(cleanFile[last:]))
	require.Equal(t, 204, a.status, "%s", a.body)
	c.requireContent(path, cleanFile)
}

func TestScanThatTakesLong(t *testing.T) {
	for name, content := range map[string][]byte{"clean": cleanFile, "infected": infectedFile} {
		t.Run(name, func(t *testing.T) {
			d, counted := clamd.Start(t), &scans{}
			c := newServer(t, scanned(d, counted), slowly).as(appA, "ada", "session")
			path, last := c.created(len(content)), len(content)-1
			d.Pause()
			requireShort(t, c.patch(path, 0, bytes.NewReader(content)), content)
			for range 3 {
				require.Equal(t, last, c.offset(path))
				require.Equal(t, 404, c.do("GET", path, nil).status)
				require.Equal(t, 423, c.patch(path, last, bytes.NewReader(content[last:])).status)
			}
			d.Resume()
			var a answer
			require.Eventually(t, func() bool {
				a = c.patch(path, last, bytes.NewReader(content[last:]))
				return a.status != 423
			}, time.Minute, time.Millisecond)
			assert.EqualValues(t, 1, counted.n.Load(), "all requests waited for the same scan")
			if name == "infected" {
				c.requireRejected(path, a)
				return
			}
			assert.Contains(t, []int{204, 409}, a.status) // 409: it is finished already
			require.Equal(t, len(content), c.offset(path))
			c.requireContent(path, content)
		})
	}
}

// requireShort looks whether all of a request was stored but the last byte.
func requireShort(t *testing.T, a answer, content []byte) {
	t.Helper()
	require.Contains(t, []int{201, 204}, a.status, "%s", a.body)
	require.Equal(t, strconv.Itoa(len(content)-1), a.header.Get("Upload-Offset"))
}

// A client without a nonce can't repeat a creation: it must get the Location.
func TestCreationThatIsScannedForLong(t *testing.T) {
	d := clamd.Start(t)
	c := newServer(t, scanned(d, &scans{}), slowly).as(appA, "ada", "session")
	d.Pause()
	a := c.do("POST", "/media/", bytes.NewReader(cleanFile), "Upload-Length", strconv.Itoa(len(cleanFile)), "Content-Type", chunkType)
	requireShort(t, a, cleanFile)
	path := a.header.Get("Location")
	require.Equal(t, len(cleanFile)-1, c.offset(path))
	d.Resume()
	require.Eventually(t, func() bool { return c.offset(path) == len(cleanFile) }, time.Minute, time.Millisecond)
	c.requireContent(path, cleanFile)
}

// Who brings the last byte may be gone before the scan is over. It is scanned all the same.
func TestClientGoesAwayDuringAScan(t *testing.T) {
	d, counted := clamd.Start(t), &scans{}
	c := newServer(t, scanned(d, counted)).as(appA, "ada", "session")
	path := c.created(len(cleanFile))
	d.Pause()
	p := c.startPatch(path, 0)
	_, err := p.body.Write(cleanFile)
	require.NoError(t, err)
	require.NoError(t, p.body.Close())
	require.Eventually(t, func() bool { return c.offset(path) == len(cleanFile)-1 }, time.Minute, time.Millisecond)
	p.cut()
	d.Resume()
	require.Eventually(t, func() bool { return c.offset(path) == len(cleanFile) }, time.Minute, time.Millisecond)
	c.requireContent(path, cleanFile)
	assert.EqualValues(t, 1, counted.n.Load())
}

func TestSessionEndsDuringAScan(t *testing.T) {
	d, counted := clamd.Start(t), &scans{}
	s := newServer(t, scanned(d, counted), slowly)
	c := s.as(appA, "ada", "session")
	path := c.created(len(cleanFile))
	d.Pause()
	requireShort(t, c.patch(path, 0, bytes.NewReader(cleanFile)), cleanFile)
	s.handler.SessionEnded("session")
	require.Equal(t, 404, c.do("HEAD", path, nil).status)
	require.Zero(t, s.leftFiles())
	d.Resume()
	assert.Zero(t, counted.n.Load(), "it was given up")
}

func TestGatewayEndsDuringAScan(t *testing.T) {
	d := clamd.Start(t)
	s := newServer(t, scanned(d, &scans{}), slowly)
	c := s.as(appA, "ada", "session")
	path, last := c.created(len(cleanFile)), len(cleanFile)-1
	d.Pause()
	requireShort(t, c.patch(path, 0, bytes.NewReader(cleanFile)), cleanFile)
	s.stop()
	s.checkWait = time.Minute
	s.start()
	d.Resume()
	require.Equal(t, last, c.offset(path))
	a := c.patch(path, last, bytes.NewReader(cleanFile[last:]))
	require.Equal(t, 204, a.status, "%s", a.body)
	c.requireContent(path, cleanFile)
}

// Nothing restarts a scan because the client's next request reaches another gateway.
func TestScanThatTakesLongWithTwoGateways(t *testing.T) {
	d, counted := clamd.Start(t), &scans{}
	s := newServer(t, scanned(d, counted), slowly)
	c := s.as(appA, "ada", "session")
	other := c.at(s.another())
	path, last := c.created(len(cleanFile)), len(cleanFile)-1
	d.Pause()
	requireShort(t, c.patch(path, 0, bytes.NewReader(cleanFile)), cleanFile)
	for range 3 {
		require.Equal(t, last, other.offset(path))
		require.Equal(t, 423, other.patch(path, last, bytes.NewReader(cleanFile[last:])).status)
	}
	d.Resume()
	require.Eventually(t, func() bool { return other.offset(path) == len(cleanFile) }, time.Minute, time.Millisecond)
	other.requireContent(path, cleanFile)
	assert.EqualValues(t, 1, counted.n.Load())

	path = c.created(len(cleanFile))
	d.Pause()
	requireShort(t, c.patch(path, 0, bytes.NewReader(cleanFile)), cleanFile)
	other.s.handler.SessionEnded("session")
	d.Resume()
	require.Eventually(t, func() bool { return s.leftFiles() == 1 }, time.Minute, time.Millisecond)
	require.Equal(t, 404, c.do("HEAD", path, nil).status)
}

// To the drafts 422 is final, and 503 is not.
func TestScanOfADraftUpload(t *testing.T) {
	d := clamd.Start(t)
	c := newServer(t, scanned(d, &scans{}), slowly).as(appA, "ada", "session").draft(8)
	path := c.create(nil, "?0", "Upload-Length", strconv.Itoa(len(infectedFile))).header.Get("Location")
	d.Pause()
	require.Equal(t, 503, c.append(path, 0, bytes.NewReader(infectedFile), "?1").status)
	offset, _ := c.state(path)
	require.Equal(t, len(infectedFile)-1, offset)
	d.Resume()
	var a answer
	require.Eventually(t, func() bool {
		a = c.append(path, offset, bytes.NewReader(infectedFile[offset:]), "?1")
		return a.status != 503
	}, time.Minute, time.Millisecond)
	c.requireRejected(path, a)
}

// slowRemoval is Files that take their time to remove what has arrived of an upload.
type slowRemoval struct {
	mediastore.Files
	begun, goOn chan struct{}
}

func (f *slowRemoval) RemovePart(ctx context.Context, app, key string) error {
	close(f.begun)
	<-f.goOn
	return f.Files.RemovePart(ctx, app, key)
}

// While the record is gone, and the rest is not yet, nobody may hear that there was no upload.
func TestRejectedUploadIsBeingRemoved(t *testing.T) {
	d, slow := clamd.Start(t), &slowRemoval{begun: make(chan struct{}), goOn: make(chan struct{})}
	c := newServer(t, scanned(d, &scans{}), slowly, func(s *server) {
		s.makeFiles = func(t testing.TB, dir string, secret []byte) mediastore.Files {
			slow.Files = makeFolder(t, dir, secret)
			return slow
		}
	}).as(appA, "ada", "session")
	draft, size, last := c.draft(8), len(infectedFile), len(infectedFile)-1
	path := c.create(size, withNonce(nonceA)...).header.Get("Location")
	d.Pause()
	requireShort(t, c.patch(path, 0, bytes.NewReader(infectedFile)), infectedFile)
	d.Resume()
	<-slow.begun

	requests := []struct {
		name   string
		during int
		send   func() answer
	}{
		{"HEAD", 423, func() answer { return c.do("HEAD", path, nil) }},
		{"PATCH", 423, func() answer { return c.patch(path, last, bytes.NewReader(infectedFile[last:])) }},
		{"the creation repeated", 423, func() answer { return c.create(size, withNonce(nonceA)...) }},
		{"HEAD of a draft", 503, func() answer { return draft.do("HEAD", path, nil, draft.header("")...) }},
		{"PATCH of a draft", 503, func() answer { return draft.append(path, last, bytes.NewReader(infectedFile[last:]), "?1") }},
	}
	for _, r := range requests {
		assert.Equal(t, r.during, r.send().status, r.name)
	}
	_, err := c.s.handler.URL(t.Context(), appA, strings.TrimPrefix(path, media.BasePath), time.Hour, "")
	require.ErrorIs(t, err, media.ErrNotFound)

	close(slow.goOn)
	for _, r := range requests {
		var a answer
		require.Eventually(t, func() bool { a = r.send(); return a.status != r.during }, time.Minute, time.Millisecond)
		c.requireRejected(path, a)
	}
}
