package media_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
)

func TestDownloadHeaders(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	content := randomBytes(1, 1000)
	path := c.uploaded(content)
	a := c.requireContent(path, content)
	sum := sha256.Sum256(content)
	for name, want := range map[string]string{
		"Content-Length":          "1000",
		"Content-Type":            "application/octet-stream",
		"Content-Disposition":     "attachment",
		"Content-Security-Policy": "sandbox; default-src 'none'",
		"X-Content-Type-Options":  "nosniff",
		"Accept-Ranges":           "bytes",
		"Repr-Digest":             "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":",
	} {
		assert.Equal(t, want, a.header.Get(name), name)
	}
	assert.Equal(t, "no-store", a.header.Get("Cache-Control"))
	assert.Empty(t, a.header.Get("Last-Modified"))
}

func TestRanges(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	content := randomBytes(2, 5<<20+10)
	path := c.uploaded(content)
	size := len(content)
	for _, tc := range []struct {
		header     string
		start, end int
		says       string
	}{
		{"bytes=0-0", 0, 1, "bytes 0-0/5242890"},
		{"bytes=5-1048575", 5, 1 << 20, "bytes 5-1048575/5242890"},
		{"bytes=1048576-1048576", 1 << 20, 1<<20 + 1, "bytes 1048576-1048576/5242890"},
		{"bytes=1000000-4000000", 1000000, 4000001, "bytes 1000000-4000000/5242890"},
		{"bytes=5242880-", 5 << 20, size, "bytes 5242880-5242889/5242890"},
		{"bytes=-3", size - 3, size, "bytes 5242887-5242889/5242890"},
		{"bytes=4000000-99999999", 4000000, size, "bytes 4000000-5242889/5242890"},
	} {
		a := c.do("GET", path, nil, "Range", tc.header)
		require.Equal(t, 206, a.status, tc.header)
		assert.Equal(t, tc.says, a.header.Get("Content-Range"))
		assert.True(t, string(content[tc.start:tc.end]) == string(a.body), tc.header)
		assert.Equal(t, etag(content), a.header.Get("ETag"))
	}
	a := c.do("GET", path, nil, "Range", "bytes=5242890-")
	assert.Equal(t, 416, a.status)
	assert.Equal(t, "bytes */5242890", a.header.Get("Content-Range"))
	assert.Equal(t, 200, c.do("GET", path, nil, "Range", "bytes=0-1,5-6").status, "several ranges: all of it")
	assert.Equal(t, 200, c.do("GET", path, nil, "Range", "bytes=-0").status, "the last nothing: all of it")
}

// A range that begins and ends where digests do comes with them.
func TestPartDigests(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	content := randomBytes(2, 3<<20+10)
	path := c.uploaded(content)
	sums := func(from, end int) string {
		var all []byte
		for part := range slices.Chunk(content[from:end], core.MediaDigestBytes) {
			sum := sha256.Sum256(part)
			all = append(all, sum[:]...)
		}
		return "sha-256=:" + base64.StdEncoding.EncodeToString(all) + ":"
	}
	for header, want := range map[string]string{
		"bytes=0-1048575":       sums(0, 1<<20),
		"bytes=1048576-3145727": sums(1<<20, 3<<20),
		"bytes=2097152-":        sums(2<<20, len(content)),
		"bytes=3145728-3145737": sums(3<<20, len(content)),
		"bytes=0-9999999":       sums(0, len(content)),
		"bytes=524288-1048575":  sums(1<<19, 1<<20),
		"bytes=0-1048574":       "",
		"bytes=1-1048575":       "",
		"bytes=3145728-3145736": "",
		"bytes=9999999-":        "",
	} {
		a := c.do("GET", path, nil, "Range", header)
		assert.Equal(t, want, a.header.Get("Part-Digest"), header)
	}
	a := c.do("GET", path, nil)
	assert.Empty(t, a.header.Get("Part-Digest"))
}

// A header of 4 KB is more than some proxies take.
func TestPartDigestsAreBounded(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	path := c.uploaded(randomBytes(2, core.MaxMediaBytes))
	for end, told := range map[int]bool{core.MaxMediaBytes / 2: true, core.MaxMediaBytes/2 + core.MediaPartBytes: false, core.MaxMediaBytes: false} {
		a := c.do("GET", path, nil, "Range", fmt.Sprintf("bytes=0-%d", end-1))
		require.Equal(t, 206, a.status)
		assert.Equal(t, told, a.header.Get("Part-Digest") != "", end)
	}
}

func TestConditionalDownloads(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	content := []byte("0123456789")
	path := c.uploaded(content)

	a := c.do("GET", path, nil, "Range", "bytes=2-3", "If-Range", etag(content))
	assert.Equal(t, 206, a.status)
	assert.Equal(t, "23", string(a.body))
	a = c.do("GET", path, nil, "Range", "bytes=2-3", "If-Range", `"other"`)
	assert.Equal(t, 200, a.status)
	assert.Equal(t, string(content), string(a.body))
	a = c.do("GET", path, nil, "If-None-Match", etag(content))
	assert.Equal(t, 304, a.status)
	assert.Equal(t, etag(content), a.header.Get("ETag"))
	assert.Empty(t, a.body)
	assert.Equal(t, 412, c.do("GET", path, nil, "If-Match", `"other"`).status)
}

func TestContentType(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	for content, want := range map[string]string{
		"\x89PNG\r\n\x1a\n...":                      "image/png",
		"GIF89a...":                                 "image/gif",
		"\xff\xd8\xff\xe0...":                       "image/jpeg",
		"RIFF\x00\x00\x00\x00WEBPVP8 ...":           "image/webp",
		"BM......":                                  "image/bmp",
		"%PDF-1.7 ...":                              "application/pdf",
		"PK\x03\x04...":                             "application/zip",
		"<html><script>alert(1)</script>":           "application/octet-stream",
		"<svg xmlns='http://www.w3.org/2000/svg'/>": "application/octet-stream",
		"<?xml version='1.0'?>":                     "application/octet-stream",
		"plain":                                     "text/plain; charset=utf-8",
	} {
		path := c.created(len(content))
		// In two requests: the type is known from what is there together.
		require.Equal(t, 204, c.patch(path, 0, strings.NewReader(content[:1])).status)
		require.Equal(t, 204, c.patch(path, 1, strings.NewReader(content[1:])).status)
		a := c.requireContent(path, []byte(content))
		assert.Equal(t, want, a.header.Get("Content-Type"), content)
		assert.Equal(t, "attachment", a.header.Get("Content-Disposition"))
	}
}

// TestDownloadWhileAnUploadStalls: a download has nothing to do with locks.
func TestDownloadWhileAnUploadStalls(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	path := c.uploaded([]byte("abc"))
	stalled := c.startPatch(c.created(3<<20), 0)
	stalled.write(make([]byte, 100))
	c.requireContent(path, []byte("abc"))
}
