package media_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/gateway/mediastore"
	"rtmwasm/gateway/mediastore/folder"
)

// plainFile is the yardstick: a server that writes each body to a file of its own
// and serves the last one.
func plainFile(b *testing.B) *httptest.Server {
	dir, n := b.TempDir(), 0
	name := func() string { return filepath.Join(dir, strconv.Itoa(n)) }
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			http.ServeFile(w, r, name())
			return
		}
		n++
		f, err := os.Create(name())
		if err == nil {
			_, err = io.Copy(f, r.Body)
			f.Close()
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}))
	b.Cleanup(s.Close)
	return s
}

func BenchmarkUpload30MiB(b *testing.B) {
	content := randomBytes(1, core.MaxMediaBytes)
	b.Run("tus", func(b *testing.B) {
		s := newServer(b)
		c := s.as(appA, "anna", "s1")
		b.SetBytes(core.MaxMediaBytes)
		for b.Loop() {
			path := c.created(len(content))
			a := c.patch(path, 0, bytes.NewReader(content))
			require.Equal(b, 204, a.status)
		}
	})
	b.Run("plainfile", func(b *testing.B) {
		s := plainFile(b)
		b.SetBytes(core.MaxMediaBytes)
		for b.Loop() {
			put(b, s, content)
		}
	})
}

func put(b *testing.B, s *httptest.Server, content []byte) {
	r, err := http.NewRequest("PUT", s.URL, bytes.NewReader(content))
	require.NoError(b, err)
	resp, err := s.Client().Do(r)
	require.NoError(b, err)
	require.NoError(b, resp.Body.Close())
	require.Equal(b, 200, resp.StatusCode)
}

func BenchmarkDownload30MiB(b *testing.B) {
	content := randomBytes(1, core.MaxMediaBytes)
	// What a page's browser does: it takes all into memory of known size.
	get := func(b *testing.B, client *http.Client, r *http.Request) {
		resp, err := client.Do(r)
		require.NoError(b, err)
		defer resp.Body.Close()
		require.Equal(b, 200, resp.StatusCode)
		require.Equal(b, strconv.Itoa(len(content)), resp.Header.Get("Content-Length"))
		_, err = io.ReadFull(resp.Body, make([]byte, len(content)))
		require.NoError(b, err)
	}
	b.Run("tus", func(b *testing.B) {
		s := newServer(b)
		c := s.as(appA, "anna", "s1")
		path := c.uploaded(content)
		b.SetBytes(core.MaxMediaBytes)
		for b.Loop() {
			get(b, s.http.Client(), c.request("GET", path, nil))
		}
	})
	b.Run("plainfile", func(b *testing.B) {
		s := plainFile(b)
		put(b, s, content)
		b.SetBytes(core.MaxMediaBytes)
		for b.Loop() {
			r, err := http.NewRequestWithContext(context.Background(), "GET", s.URL, nil)
			require.NoError(b, err)
			get(b, s.Client(), r)
		}
	})
}

// BenchmarkUploadsAtATime uploads files of 100 KB in one request each, 200 at a time, with an
// fsync for each and without.
func BenchmarkUploadsAtATime(b *testing.B) {
	for _, noSync := range []bool{false, true} {
		b.Run(map[bool]string{false: "fsync", true: "nosync"}[noSync], func(b *testing.B) {
			uploadAtATime(b, newServer(b, syncing(noSync)), 200, 100_000)
		})
	}
}

// syncing makes a folder with an fsync for each file, or without.
func syncing(noSync bool) option {
	return func(s *server) {
		s.makeFiles = func(t testing.TB, dir string, secret []byte) mediastore.Files {
			files, err := folder.Open(folder.Options{Dir: filepath.Join(dir, "media"), Secret: secret, NoSync: noSync})
			require.NoError(t, err)
			return files
		}
	}
}

// BenchmarkFsync uploads files one after another, with an fsync for each and without.
func BenchmarkFsync(b *testing.B) {
	for _, size := range []int{100_000, core.MaxMediaBytes} {
		for _, noSync := range []bool{false, true} {
			b.Run(strconv.Itoa(size)+map[bool]string{false: "/fsync", true: "/nosync"}[noSync], func(b *testing.B) {
				uploadAtATime(b, newServer(b, syncing(noSync)), 1, size)
			})
		}
	}
}

// BenchmarkLargeUploadsAtATime uploads files of 4 MB, 200 at a time, and tells how much memory
// the process has used at most, its clients included.
func BenchmarkLargeUploadsAtATime(b *testing.B) {
	s := newServer(b)
	uploadAtATime(b, s, 200, 4_000_000)
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	b.ReportMetric(float64(usage.Maxrss)/1024, "MiB")
}

func uploadAtATime(b *testing.B, s *server, atATime, size int) {
	content := randomBytes(1, size)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: atATime}}
	b.Cleanup(client.CloseIdleConnections)
	b.SetBytes(int64(size))
	var next atomic.Int64
	var workers sync.WaitGroup
	began := time.Now()
	b.ResetTimer()
	for worker := range atATime {
		c := s.as(appA, "user"+strconv.Itoa(worker), "s"+strconv.Itoa(worker))
		workers.Go(func() {
			for next.Add(1) <= int64(b.N) {
				r := c.request("POST", "/media/", bytes.NewReader(content), withNonce(rand.Text()[:16],
					"Upload-Length", strconv.Itoa(size), "Content-Type", chunkType)...)
				resp, err := client.Do(r)
				if !assert.NoError(b, err) {
					return
				}
				_ = resp.Body.Close()
				assert.Equal(b, 201, resp.StatusCode)
			}
		})
	}
	workers.Wait()
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "files/s")
}
