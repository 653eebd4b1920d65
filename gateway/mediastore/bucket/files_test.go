package bucket_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/gateway/media"
	"rtmwasm/gateway/mediastore/bucket"
	"rtmwasm/tests/s3"
)

func TestAFileIsThereAsItWasStored(t *testing.T) {
	server := newBucket(t)
	long := map[string]string{"a": strings.Repeat("ü", 1500)}
	for _, c := range []struct {
		name     string
		size     int
		metadata map[string]string
		requests int // to store it
	}{
		{"one byte", 1, nil, 1},
		{"small", 256 << 10, nil, 1},
		{"with digests in its metadata", 5 << 20, nil, 1},
		{"with digests that need an object", core.MaxMediaBytes, nil, 2},
		{"with a description that needs an object", 1000, long, 2},
		{"with both", 20 << 20, long, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProxy(t, server)
			files, key, content := open(t, p.URL), newKey(time.Now()), bytesOf(1, c.size)
			info := infoOf(key, content)
			if c.metadata != nil {
				info.Metadata = c.metadata
			}
			upload := part(t, files, key, 0)
			write(t, upload, content)
			missing(t, files, key)
			p.take()
			require.NoError(t, upload.Finish(t.Context(), info))
			assert.Len(t, p.take(), c.requests)
			holds(t, files, info, content)
			holds(t, open(t, server.URL), info, content)

			require.NoError(t, files.Remove(t.Context(), app, key))
			require.NoError(t, files.Remove(t.Context(), app, key))
			missing(t, files, key)
			assert.Empty(t, objects(t, server))
		})
	}
}

// objects lists what is in the bucket.
func objects(t testing.TB, server *s3.Server) (names []string) {
	t.Helper()
	names, err := server.Objects(bucketName)
	require.NoError(t, err)
	return names
}

func TestAnUploadGoesOnAtAnotherGateway(t *testing.T) {
	server := newBucket(t)
	for _, c := range []struct {
		name string
		ends []int // where the requests end, each at another gateway
	}{
		{"in two", []int{700_000, 1_000_000}},
		{"in many tiny ones", []int{1, 2, 3, 500, 1_000, 1_000_000}},
		{"in large ones", []int{1 << 20, 2 << 20, 3 << 20, 4 << 20}},
	} {
		t.Run(c.name, func(t *testing.T) {
			key, content := newKey(time.Now()), bytesOf(2, c.ends[len(c.ends)-1])
			at := 0
			for i, end := range c.ends {
				files := open(t, server.URL)
				p := part(t, files, key, int64(at))
				for at < end { // what is kept in between is what a long request does
					n := min(end-at, 300_000)
					write(t, p, content[at:at+n])
					at += n
					if at < len(content) {
						require.NoError(t, p.Sync(t.Context()))
						require.NoError(t, p.Sync(t.Context()))
					}
				}
				read := make([]byte, end)
				_, err := p.ReadAt(read, 0)
				require.NoError(t, err)
				require.True(t, bytes.Equal(content[:end], read))
				if i == len(c.ends)-1 {
					require.NoError(t, p.Finish(t.Context(), infoOf(key, content)))
				}
				require.NoError(t, p.Close())
			}
			files := open(t, server.URL)
			info, r, err := files.Open(t.Context(), app, key)
			require.NoError(t, err)
			defer r.Close()
			assert.EqualValues(t, len(content), info.Size)
			assert.True(t, bytes.Equal(content, readAll(t, r)))
			assert.Len(t, objects(t, server), 1, "pieces are left")
			require.NoError(t, files.Remove(t.Context(), app, key))
		})
	}
}

func TestTinyRequestsDoNotBecomeManyObjects(t *testing.T) {
	server := newBucket(t)
	files, key := open(t, server.URL), newKey(time.Now())
	for at := range int64(20) {
		p := part(t, files, key, at)
		write(t, p, []byte{byte(at)})
		require.NoError(t, p.Sync(t.Context()))
		require.NoError(t, p.Close())
	}
	assert.LessOrEqual(t, len(objects(t, server)), 2)
	require.NoError(t, files.RemovePart(t.Context(), app, key))
	require.NoError(t, files.RemovePart(t.Context(), app, key))
	assert.Empty(t, objects(t, server))
}

// Of what is there a request fetches nothing that it does not need.
func TestAnUploadInManyRequestsFetchesItsBeginningOnce(t *testing.T) {
	server := newBucket(t)
	p := newProxy(t, server)
	files, key, content := open(t, p.URL), newKey(time.Now()), bytesOf(11, 5<<20)
	const step = 1 << 20
	for at := 0; at < len(content); at += step {
		upload := part(t, files, key, int64(at))
		write(t, upload, content[at:at+step])
		if at+step < len(content) {
			require.NoError(t, upload.Sync(t.Context()))
		} else {
			require.NoError(t, upload.Finish(t.Context(), infoOf(key, content)))
		}
		require.NoError(t, upload.Close())
	}
	fetched := 0
	for _, r := range p.take() {
		if strings.HasPrefix(r, "GET a/b/parts/") {
			fetched++
		}
	}
	assert.Equal(t, 4, fetched)
	assert.Len(t, objects(t, server), 1)
}

func TestAnUploadThatGoesOnFromAnEarlierOffset(t *testing.T) {
	server := newBucket(t)
	files, key := open(t, server.URL), newKey(time.Now())
	old, content := bytesOf(3, 900_000), bytesOf(4, 900_000)
	copy(content, old[:350_000])
	p := part(t, files, key, 0)
	for at := 0; at < len(old); at += 300_000 {
		write(t, p, old[at:at+300_000])
		require.NoError(t, p.Sync(t.Context()))
	}
	p = part(t, files, key, 350_000)
	write(t, p, content[350_000:400_000])
	require.NoError(t, p.Sync(t.Context()))
	_, err := files.Part(t.Context(), app, key, 400_001)
	require.ErrorIs(t, err, media.ErrNotFound, "what was there before does not count")
	p = part(t, files, key, 400_000)
	write(t, p, content[400_000:])
	require.NoError(t, p.Finish(t.Context(), infoOf(key, content)))
	holds(t, files, stored(t, files, key), content)
}

// stored is what the bucket tells of a file.
func stored(t testing.TB, files *bucket.Files, key string) media.Info {
	info, err := files.Stat(t.Context(), app, key)
	require.NoError(t, err)
	return info
}

// A gateway that did not notice that another has taken over keeps bytes late: they do not get
// among those of the other.
func TestWhatAnEarlierPartKeepsLateDoesNotCount(t *testing.T) {
	server := newBucket(t)
	content := bytesOf(12, 1_500_000)
	for name, beginning := range map[string]int{"a piece of its own": 300_000, "a piece that grows": 1_000} {
		t.Run(name, func(t *testing.T) {
			key := newKey(time.Now())
			earlier := part(t, open(t, server.URL), key, 0)
			write(t, earlier, content[:beginning])
			require.NoError(t, earlier.Sync(t.Context()))
			at := int64(beginning)
			for range 2 { // one gateway after the other
				later := part(t, open(t, server.URL), key, at)
				write(t, later, content[at:at+400_000])
				require.NoError(t, later.Sync(t.Context()))
				at += 400_000
				write(t, earlier, bytesOf(13, 350_000))
				require.NoError(t, earlier.Sync(t.Context()))
			}
			last := part(t, open(t, server.URL), key, at)
			write(t, last, content[at:])
			require.NoError(t, last.Finish(t.Context(), infoOf(key, content)))
		})
	}
}

func TestAFinishedFileIsNotReplaced(t *testing.T) {
	server := newBucket(t)
	p := newProxy(t, server)
	files, key, content := open(t, p.URL), newKey(time.Now()), bytesOf(5, 1000)
	first, second := part(t, files, key, 0), part(t, files, key, 0)
	write(t, first, content)
	write(t, second, content)
	info := infoOf(key, content)
	require.NoError(t, first.Finish(t.Context(), info))
	require.ErrorIs(t, second.Finish(t.Context(), info), media.ErrConflict)
	require.NoError(t, first.Finish(t.Context(), info), "the answer to the first request may have been lost")
	holds(t, files, info, content)

	// An object store that does not know If-None-Match.
	p.instead(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("If-None-Match") == "" {
			return false
		}
		w.WriteHeader(http.StatusNotImplemented)
		_, _ = io.WriteString(w, "<Error><Code>NotImplemented</Code></Error>")
		return true
	})
	require.ErrorIs(t, second.Finish(t.Context(), info), media.ErrConflict)
	other := newKey(time.Now())
	info = store(t, files, other, content)
	holds(t, files, info, content)
	found, err := files.Try(t.Context())
	require.NoError(t, err)
	assert.False(t, found.Conditional)
	require.ErrorContains(t, found.CORS, "403 Forbidden", "the rest is tried too")
}

func TestDamageIsFound(t *testing.T) {
	server := newBucket(t)
	p := newProxy(t, server)
	files, key, content := open(t, p.URL), newKey(time.Now()), bytesOf(6, 1000)
	var damaged atomic.Int32
	p.instead(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut && damaged.Add(1) == 1 {
			r.Body = io.NopCloser(io.MultiReader(strings.NewReader("?"), skip(r.Body, 1)))
		}
		return false
	})
	info := store(t, files, key, content)
	assert.EqualValues(t, 2, damaged.Load(), "it was not sent again")
	holds(t, files, info, content)

	upload := part(t, files, newKey(time.Now()), 0)
	write(t, upload, bytesOf(7, 1000))
	require.ErrorIs(t, upload.Finish(t.Context(), info), media.ErrDigest)
}

func skip(r io.Reader, n int64) io.Reader {
	_, _ = io.CopyN(io.Discard, r, n)
	return r
}

func TestRangesAreAskedFor(t *testing.T) {
	server := newBucket(t)
	p := newProxy(t, server)
	files, key, content := open(t, p.URL), newKey(time.Now()), bytesOf(8, 3<<20)
	info := store(t, files, key, content)
	p.take()
	for i, c := range []struct{ from, n int64 }{{0, 1}, {1 << 20, 1 << 20}, {3<<20 - 5, 5}, {0, 3 << 20}} {
		got, r, err := files.Open(t.Context(), app, key)
		require.NoError(t, err)
		size, err := r.Seek(0, io.SeekEnd)
		require.NoError(t, err)
		assert.Equal(t, info.Size, size)
		assert.Equal(t, info, got)
		_, err = r.Seek(c.from, io.SeekStart)
		require.NoError(t, err)
		var out bytes.Buffer
		_, err = r.WriteN(&out, c.n)
		require.NoError(t, err)
		assert.True(t, bytes.Equal(content[c.from:c.from+c.n], out.Bytes()), fmt.Sprint(c))
		require.NoError(t, r.Close())
		assert.Len(t, p.take(), 1, "request %d", i)
	}
}

func TestADownloadGoesOnWhenAnAnswerBreaksOff(t *testing.T) {
	server := newBucket(t)
	p := newProxy(t, server)
	files, key, content := open(t, p.URL), newKey(time.Now()), bytesOf(9, 4<<20)
	info := store(t, files, key, content)
	stored(t, files, key)
	var cuts atomic.Int32
	p.instead(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || cuts.Add(1) > 2 {
			return false
		}
		r.Header.Set("X-Cut", "1")
		panicAfter(w, r, server.URL, 1<<20)
		return true
	})
	_, r, err := files.Open(t.Context(), app, key)
	require.NoError(t, err)
	defer r.Close()
	var out bytes.Buffer
	_, err = r.WriteN(&out, info.Size)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(content, out.Bytes()))
	assert.EqualValues(t, 3, cuts.Load())
}

// panicAfter hands on the beginning of an answer and breaks the connection.
func panicAfter(w http.ResponseWriter, r *http.Request, to string, n int64) {
	out, err := http.NewRequestWithContext(r.Context(), r.Method, to+r.URL.RequestURI(), nil)
	if err != nil {
		panic(err)
	}
	out.Header, out.Host = r.Header.Clone(), r.Host
	answer, err := http.DefaultClient.Do(out)
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = io.CopyN(w, answer.Body, n)
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func TestSweep(t *testing.T) {
	server := newBucket(t)
	files, content := open(t, server.URL), bytesOf(10, 2000)
	now := time.Now()
	old, due, young := newKey(now.Add(-48*time.Hour)), newKey(now.Add(-26*time.Hour)), newKey(now.Add(-22*time.Hour))
	for _, key := range []string{old, due, young} {
		store(t, files, key, content)
	}
	idle, busy := newKey(now), newKey(now)
	for _, key := range []string{idle, busy} {
		p := part(t, files, key, 0)
		write(t, p, content)
		require.NoError(t, p.Sync(t.Context()))
	}
	require.NoError(t, server.Age(bucketName, idle, 25*time.Hour))
	var gone []string
	require.NoError(t, files.Sweep(t.Context(), now.Add(-24*time.Hour), now.Add(-24*time.Hour), func(app, key string) {
		gone = append(gone, app+" "+key)
	}))
	assert.Equal(t, []string{app + " " + idle}, gone)
	missing(t, files, old)
	missing(t, files, due)
	stored(t, files, young)
	part(t, files, busy, int64(len(content)))
	_, err := files.Part(t.Context(), app, idle, int64(len(content)))
	require.ErrorIs(t, err, media.ErrNotFound)
}

func TestSpoolLeavesNothing(t *testing.T) {
	server := newBucket(t)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(dir+"/upload-1.spool", nil, 0o600))
	files := open(t, server.URL, func(o *bucket.Options) { o.Spool = dir })
	p := part(t, files, newKey(time.Now()), 0)
	write(t, p, []byte("x"))
	require.NoError(t, p.Close())
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestKeysThatAreNone(t *testing.T) {
	server := newBucket(t)
	files := open(t, server.URL)
	for _, key := range []string{"", "..", strings.Repeat("g", core.MediaKeyLength), "../" + strings.Repeat("a", core.MediaKeyLength-3)} {
		missing(t, files, key)
		_, err := files.Part(t.Context(), app, key, 0)
		require.ErrorIs(t, err, media.ErrNotFound)
		require.NoError(t, files.Remove(t.Context(), app, key))
		require.NoError(t, files.RemovePart(t.Context(), app, key))
	}
}
