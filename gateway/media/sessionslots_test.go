package media_test

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNinePlaces(t *testing.T) {
	s := newServer(t)
	c := s.as(appA, "anna", "s1")
	finished := c.uploaded([]byte("abc"))
	var paths []string
	for range 9 {
		paths = append(paths, c.created(3))
	}
	full := func() {
		t.Helper()
		a := c.create(3)
		assert.Equal(t, 429, a.status)
		assert.Contains(t, string(a.body), "nine uploads and downloads")
		assert.Empty(t, a.header.Get("Location"))
		assert.Equal(t, 429, c.do("GET", finished, nil).status)
	}
	full()
	assert.Equal(t, 201, s.as(appA, "anna", "s2").create(3).status, "another session")

	require.Equal(t, 204, c.do("DELETE", paths[0], nil).status)
	assert.Equal(t, 201, c.create(3).status, "deleting frees")
	full()
	require.Equal(t, 204, c.patch(paths[1], 0, strings.NewReader("abc")).status)
	assert.Equal(t, 201, c.create(3).status, "finishing frees")
	full()
	s.handler.SessionEnded("s1")
	assert.Equal(t, 201, c.create(3).status, "the end frees")
	c.requireContent(finished, []byte("abc"))
}

func TestPlacesSurviveARestart(t *testing.T) {
	s := newServer(t)
	c := s.as(appA, "anna", "s1")
	for range 9 {
		c.created(3)
	}
	s.stop()
	s.start()
	assert.Equal(t, 429, c.create(3).status)
}

func TestDownloadsTakePlaces(t *testing.T) {
	s := newServer(t)
	c := s.as(appA, "anna", "s1")
	path := c.uploaded(randomBytes(7, 24<<20)) // more than the sockets take in
	var open []*http.Response
	for range 9 {
		resp, err := s.http.Client().Do(c.request("GET", path, nil))
		require.NoError(t, err)
		require.Equal(t, 200, resp.StatusCode)
		open = append(open, resp)
	}
	assert.Equal(t, 429, c.do("GET", path, nil).status)
	assert.Equal(t, 429, c.create(3).status)
	_, err := io.Copy(io.Discard, open[0].Body)
	require.NoError(t, err)
	open[1].Body.Close()
	for range 2 {
		require.Eventually(t, func() bool { return c.create(3).status == 201 }, time.Minute, 10*time.Millisecond)
	}
	assert.Equal(t, 429, c.create(3).status)
	for _, resp := range open {
		resp.Body.Close()
	}
}

func TestNoneSlipsPastTheCount(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	var created, refused atomic.Int32
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			resp, err := c.s.http.Client().Do(c.request("POST", "/media/", nil, "Upload-Length", "3"))
			if !assert.NoError(t, err) {
				return
			}
			resp.Body.Close()
			switch resp.StatusCode {
			case 201:
				created.Add(1)
			case 429:
				refused.Add(1)
			}
		})
	}
	wg.Wait()
	assert.Equal(t, int32(9), created.Load())
	assert.Equal(t, int32(21), refused.Load())
}

func TestSessionEndRemovesUploads(t *testing.T) {
	s := newServer(t)
	c := s.as(appA, "anna", "s1")
	kept := s.as(appA, "anna", "s2").created(3)
	idle := c.created(3)
	running := c.created(3 << 20)
	p := c.startPatch(running, 0)
	p.write(make([]byte, 1<<20+1))

	s.handler.SessionEnded("s1")

	next := s.as(appA, "anna", "s2")
	assert.Equal(t, 404, next.do("HEAD", idle, nil).status)
	assert.Equal(t, 404, next.do("HEAD", running, nil).status)
	assert.Equal(t, 0, next.offset(kept))
	refs, err := s.store.Unfinished(context.Background(), "s1")
	require.NoError(t, err)
	assert.Empty(t, refs)
}

// A lasting upload goes on in a later session of its user. All of a user's take nine places, which
// are not those of their sessions.
func TestLastingUploads(t *testing.T) {
	s := newServer(t)
	c := s.as(appA, "anna", "s1")
	lasting := func(nonce string) []string {
		h := withNonce(nonce)
		h[1] += ",lasting"
		return h
	}
	first := c.create(5, lasting(nonceA)...)
	require.Equal(t, 201, first.status, "%s", first.body)
	path := first.header.Get("Location")
	require.Equal(t, 204, c.patch(path, 0, strings.NewReader("abc")).status)

	s.handler.SessionEnded("s1")

	later := s.as(appA, "anna", "s2")
	again := later.create(5, lasting(nonceA)...)
	assert.Equal(t, path, again.header.Get("Location"))
	assert.Equal(t, "3", again.header.Get("Upload-Offset"))
	assert.Equal(t, 404, s.as(appA, "eve", "s3").do("HEAD", path, nil).status)
	assert.Equal(t, 404, s.as(appB, "anna", "s4").do("HEAD", path, nil).status)
	require.Equal(t, 204, later.patch(path, 3, strings.NewReader("d")).status, "it stays lasting")
	s.handler.SessionEnded("s2")
	last := s.as(appA, "anna", "s5")
	require.Equal(t, 204, last.patch(path, 4, strings.NewReader("e")).status)
	last.requireContent(path, []byte("abcde"))

	for i := range 9 {
		require.Equal(t, 201, last.create(5, lasting(nonceB+strconv.Itoa(i))...).status)
	}
	assert.Equal(t, 429, last.create(5, lasting(nonceB)...).status)
	assert.Equal(t, 201, last.create(5).status)
	assert.Equal(t, 201, s.as(appB, "anna", "s6").create(5, lasting(nonceB)...).status)
	head := last.do("HEAD", last.create(5, lasting(nonceB+"0")...).header.Get("Location"), nil)
	assert.Equal(t, "filename YS5wbmc=", head.header.Get("Upload-Metadata"), "neither mark is kept")
}

// An upload in its first request is not listed by the store yet, and takes a place all the same.
func TestRunningCreationsTakePlaces(t *testing.T) {
	s := newServer(t)
	c := s.as(appA, "anna", "s1")
	var running []*partial
	for range 9 {
		p := c.start("POST", "/media/", "Upload-Length", "10", "Content-Type", chunkType)
		p.write([]byte("abc"))
		running = append(running, p)
	}
	assert.Equal(t, 429, c.create(3).status)
	refs, err := s.store.Unfinished(t.Context(), "s1")
	require.NoError(t, err)
	assert.Empty(t, refs)

	_, err = running[0].body.Write([]byte("defghij")) // which are stored when the body has ended
	require.NoError(t, err)
	running[0].body.Close()
	require.Equal(t, 201, (<-running[0].result).status)
	c.created(3)
	assert.Equal(t, 429, c.create(3).status)
	running[1].cut()
	require.Eventually(t, func() bool {
		refs, err := s.store.Unfinished(t.Context(), "s1")
		return err == nil && len(refs) == 2
	}, time.Minute, 10*time.Millisecond)
	assert.Equal(t, 429, c.create(3).status, "it can be gone on with")

	s.handler.SessionEnded("s1")
	for _, p := range running[2:] {
		p.body.Close()
		if a, ok := <-p.result; ok {
			assert.NotEqual(t, 201, a.status)
		}
	}
	refs, err = s.store.Unfinished(t.Context(), "")
	require.NoError(t, err)
	assert.Empty(t, refs)
	assert.Equal(t, 201, c.create(3).status)
}
