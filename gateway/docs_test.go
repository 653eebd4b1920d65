package gateway_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway"
)

func packed(t *testing.T, text string) *fstest.MapFile {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := io.WriteString(w, text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return &fstest.MapFile{Data: out.Bytes()}
}

func newDocsHouse(t *testing.T, change ...func(*gateway.Config)) *house {
	return newHouse(t, nil, append([]func(*gateway.Config){func(c *gateway.Config) {
		c.Demo = fstest.MapFS{"index.html": {Data: []byte("demo")}}
		c.Docs = fstest.MapFS{
			"index.html.gz": packed(t, "start"), "media.html.gz": packed(t, "media"), "404.html.gz": packed(t, "not here"),
			"api/index.html.gz": packed(t, "api"), "assets/app.Bx1.js.gz": packed(t, "script"), "assets/demo.Cq2.png": {Data: []byte("picture")},
		}
	}}, change...)...)
}

func TestDocs(t *testing.T) {
	h := newDocsHouse(t)
	const ask, keep = "no-cache", "public, max-age=31536000, immutable"
	for _, c := range []struct {
		path, body, kind, cached string
		code                     int
	}{
		{"/docs/", "start", "text/html; charset=utf-8", ask, 200},
		{"/docs/media.html", "media", "text/html; charset=utf-8", ask, 200},
		{"/docs/api/", "api", "text/html; charset=utf-8", ask, 200},
		{"/docs/assets/app.Bx1.js", "script", "text/javascript; charset=utf-8", keep, 200},
		{"/docs/assets/demo.Cq2.png", "picture", "image/png", keep, 200},
		{"/docs/none.html", "not here", "text/html; charset=utf-8", ask, 404},
		{"/docs/assets/none.js", "not here", "text/html; charset=utf-8", ask, 404},
	} {
		for _, accept := range []string{"gzip, br", "identity"} {
			response, body := h.get("GET", c.path, "Accept-Encoding", accept)
			if response.Header.Get("Content-Encoding") == "gzip" {
				plain, err := gzip.NewReader(strings.NewReader(body))
				require.NoError(t, err)
				text, err := io.ReadAll(plain)
				require.NoError(t, err)
				body = string(text)
			}
			assert.Equal(t, c.code, response.StatusCode, c.path)
			assert.Equal(t, c.body, body, c.path)
			assert.Equal(t, c.kind, response.Header.Get("Content-Type"), c.path)
			assert.Equal(t, c.cached, response.Header.Get("Cache-Control"), c.path)
			compressed := accept != "identity" && c.code == 200 && c.kind != "image/png"
			assert.Equal(t, compressed, response.Header.Get("Content-Encoding") == "gzip", "%s %s", c.path, accept)
			head, nothing := h.get("HEAD", c.path, "Accept-Encoding", accept)
			assert.Equal(t, response.StatusCode, head.StatusCode, c.path)
			assert.Equal(t, response.ContentLength, head.ContentLength, c.path)
			assert.Empty(t, nothing, c.path)
		}
	}

	response, _ := h.get("GET", "/docs/media.html")
	tag := response.Header.Get("ETag")
	require.NotEmpty(t, tag)
	response, _ = h.get("GET", "/docs/media.html", "If-None-Match", tag)
	assert.Equal(t, http.StatusNotModified, response.StatusCode)
	response, _ = h.get("GET", "/docs")
	assert.Equal(t, "/docs/", response.Header.Get("Location"))
}

func TestDocsHeaders(t *testing.T) {
	h := newDocsHouse(t)
	for _, path := range []string{"/docs/", "/docs/none.html", "/docs/assets/app.Bx1.js"} {
		response, _ := h.get("GET", path)
		policy := map[string]string{}
		for directive := range strings.SplitSeq(response.Header.Get("Content-Security-Policy"), "; ") {
			name, value, _ := strings.Cut(directive, " ")
			policy[name] = value
		}
		assert.Equal(t, "'self'", policy["default-src"], path)
		for _, name := range []string{"script-src", "script-src-elem", "script-src-attr", "style-src", "connect-src"} {
			assert.NotContains(t, policy, name, "default-src holds for all of these")
		}
		for _, name := range []string{"object-src", "base-uri", "form-action"} {
			assert.Equal(t, "'none'", policy[name], path)
		}
		assert.Equal(t, "'self'", policy["frame-ancestors"], path)
		assert.Equal(t, "nosniff", response.Header.Get("X-Content-Type-Options"), path)
		assert.Equal(t, "no-referrer", response.Header.Get("Referrer-Policy"), path)
	}
}

func TestDocsThatAreNotThere(t *testing.T) {
	told := func(h *house) bool {
		_, body := h.get("GET", "/demo.json")
		var setup struct{ Docs bool }
		require.NoError(t, json.Unmarshal([]byte(body), &setup))
		return setup.Docs
	}
	assert.True(t, told(newDocsHouse(t)))

	off := newDocsHouse(t, func(c *gateway.Config) { c.Docs = nil })
	response, body := off.get("GET", "/docs/")
	assert.Equal(t, http.StatusNotFound, response.StatusCode)
	assert.NotContains(t, body, "make build DOCS=yes")
	assert.False(t, told(off))

	unbuilt := newDocsHouse(t, func(c *gateway.Config) { c.Docs = fstest.MapFS{".gitkeep": {}} })
	response, body = unbuilt.get("GET", "/docs/media.html")
	assert.Equal(t, http.StatusNotFound, response.StatusCode)
	assert.Contains(t, body, "make build DOCS=yes")
	assert.False(t, told(unbuilt))
}
