package media_test

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// unannounced is a body whose length is not told: it is sent chunked.
func unannounced(b []byte) io.Reader { return io.MultiReader(strings.NewReader(string(b))) }

// What is sent beyond an upload's length is refused, however it comes; the upload is not
// finished by it.
func TestSurplusIsRefused(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	for _, size := range []int{1, 1000, 1 << 20, 1<<20 + 1, 2<<20 + 5} {
		content := randomBytes(uint64(size), size+3<<20)
		for _, surplus := range []int{1, 2, 100, 3 << 20} {
			for _, from := range []int{0, size / 2} {
				for name, body := range map[string]func([]byte) io.Reader{
					"chunked":         unannounced,
					"chunked, slowly": func(b []byte) io.Reader { return io.MultiReader(inPieces(b, size/3+1)...) },
					"announced":       func(b []byte) io.Reader { return strings.NewReader(string(b)) },
				} {
					t.Run(fmt.Sprint(size, "+", surplus, " from ", from, " ", name), func(t *testing.T) {
						path := c.created(size)
						if from > 0 {
							require.Equal(t, 204, c.patch(path, 0, unannounced(content[:from])).status)
						}
						assert.Equal(t, 413, c.patch(path, from, body(content[from:size+surplus])).status)
						offset := c.offset(path)
						require.Less(t, offset, size, "the upload is not finished")
						require.Equal(t, 204, c.patch(path, offset, unannounced(content[offset:size])).status, "it may go on")
						c.requireContent(path, content[:size])
						assert.Equal(t, 413, c.patch(path, size, body([]byte("x"))).status, "there is no more room")
						assert.Equal(t, 409, c.patch(path, size-1, body([]byte("x"))).status)
						assert.Equal(t, 204, c.patch(path, size, nil).status, "nothing is not too much")
						require.Equal(t, 204, c.do("DELETE", c.created(1), nil).status)
					})
				}
			}
		}
	}
	a := c.do("POST", "/media/", unannounced([]byte("abcd")), "Upload-Length", "3", "Content-Type", chunkType)
	assert.Equal(t, 413, a.status, "with a creation, too")
}

func inPieces(b []byte, n int) (all []io.Reader) {
	for len(b) > n {
		all = append(all, strings.NewReader(string(b[:n])))
		b = b[n:]
	}
	return append(all, strings.NewReader(string(b)))
}

func TestContentTypeOfAPatch(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	for kind, want := range map[string]int{
		chunkType:                                  204,
		"Application/Offset+Octet-Stream":          204,
		"application/offset+octet-stream; x=y":     204,
		"":                                         415,
		"application/octet-stream":                 415,
		"application/partial-upload":               415,
		"application/offset+octet-stream, x/y":     415,
		"text/plain; application/offset+octet-str": 415,
	} {
		a := c.do("PATCH", c.created(3), strings.NewReader("abc"), "Content-Type", kind, "Upload-Offset", "0")
		assert.Equal(t, want, a.status, kind)
		require.Equal(t, 204, c.do("DELETE", c.created(3), nil).status)
	}
}

// The header counts whatever the method is.
func TestMethodOverrideOnEveryMethod(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
		t.Run(method, func(t *testing.T) {
			a := c.do(method, "/media/", nil, "X-HTTP-Method-Override", "POST", "Upload-Length", "3")
			require.Equal(t, 201, a.status)
			path := a.header.Get("Location")
			a = c.do(method, path, nil, "X-HTTP-Method-Override", "HEAD")
			require.Equal(t, 200, a.status)
			assert.Equal(t, "0", a.header.Get("Upload-Offset"))
			a = c.do(method, path, strings.NewReader("abc"), "X-HTTP-Method-Override", "PATCH", "Content-Type", chunkType, "Upload-Offset", "0")
			require.Equal(t, 204, a.status, "%s", a.body)
			a = c.do(method, path, nil, "X-HTTP-Method-Override", "GET")
			require.Equal(t, 200, a.status)
			if method != "HEAD" {
				assert.Equal(t, "abc", string(a.body))
			}
			assert.Equal(t, 403, c.do(method, path, nil, "X-HTTP-Method-Override", "DELETE").status, "a finished file")
			assert.Equal(t, 405, c.do(method, path, nil, "X-HTTP-Method-Override", "BREW").status)
		})
	}
}

func TestMetadataIsChecked(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	for _, test := range []struct {
		lines []string
		want  int
	}{
		{nil, 201},
		{[]string{""}, 201},
		{[]string{"filename YS5wbmc="}, 201},
		{[]string{"filename YS5wbmc=,type aW1hZ2U="}, 201},
		{[]string{"filename YS5wbmc= , type aW1hZ2U="}, 201},
		{[]string{"flag"}, 201},
		{[]string{"flag,filename YS5wbmc="}, 201},
		{[]string{"filename YS5wbmc"}, 400},
		{[]string{"filename a.png"}, 400},
		{[]string{"filename YS5wbmc= aW1hZ2U="}, 400},
		{[]string{"filename  YS5wbmc="}, 400},
		{[]string{"filename YS5wbmc=,"}, 400},
		{[]string{",filename YS5wbmc="}, 400},
		{[]string{","}, 400},
		{[]string{"filename YS5wbmc=,filename YS5wbmc="}, 400},
		{[]string{"f\xc3\xbcr YS5wbmc="}, 400},
		{[]string{"filename YS5wbmc=", "type aW1hZ2U="}, 400},
		{[]string{"filename YS5wbmc=", "filename YS5wbmc="}, 400},
	} {
		r := c.request("POST", "/media/", nil, "Upload-Length", strconv.Itoa(3))
		if test.lines != nil {
			r.Header["Upload-Metadata"] = test.lines
		}
		response, err := c.s.http.Client().Do(r)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, test.want, response.StatusCode, "%q", test.lines)
		if response.StatusCode == http.StatusCreated {
			require.Equal(t, 204, c.do("DELETE", response.Header.Get("Location"), nil).status)
		}
	}
}

// HEAD tells of a finished file what a download has: as a question about the file, and about
// its upload.
func TestHeadOfAFile(t *testing.T) {
	s := newServer(t)
	c := s.as(appA, "anna", "s1")
	content := []byte("\x89PNG\r\n\x1a\nand so on")
	path := c.uploaded(content)
	unfinished := c.created(3)
	for name, a := range map[string]answer{
		"of tus":              c.do("HEAD", path, nil),
		"of a download":       c.do("HEAD", path, nil, "Tus-Resumable", ""),
		"of another's":        s.as(appA, "ben", "s2").do("HEAD", path, nil, "Tus-Resumable", ""),
		"by another's method": c.do("POST", path, nil, "X-HTTP-Method-Override", "HEAD"),
	} {
		require.Equal(t, 200, a.status, name)
		assert.Equal(t, etag(content), a.header.Get("ETag"), name)
		assert.Equal(t, "bytes", a.header.Get("Accept-Ranges"), name)
		assert.Equal(t, "image/png", a.header.Get("Content-Type"), name)
		assert.Empty(t, a.body, name)
	}
	a := c.do("HEAD", path, nil, "Tus-Resumable", "")
	assert.Equal(t, strconv.Itoa(len(content)), a.header.Get("Content-Length"))
	assert.Empty(t, a.header.Get("Upload-Offset"))
	assert.Equal(t, strconv.Itoa(len(content)), c.do("HEAD", path, nil).header.Get("Upload-Offset"))

	assert.Equal(t, 404, c.do("HEAD", unfinished, nil, "Tus-Resumable", "").status)
	a = c.do("HEAD", unfinished, nil)
	assert.Equal(t, 200, a.status)
	assert.Empty(t, a.header.Get("ETag"))
	assert.Equal(t, 404, s.as(appB, "anna", "s3").do("HEAD", path, nil, "Tus-Resumable", "").status)
}
