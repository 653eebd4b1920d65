package gateway_test

import (
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway"
)

const forever = "public, max-age=31536000, immutable"

// Of the files in the folder, late.js is not what integrity.json says.
func newBuildHouse(t *testing.T) *house {
	files := fstest.MapFS{}
	listed := map[string]string{"build": "0123456789abcdef", "program": "89abcdef01234567"}
	for name, content := range map[string]string{"rtm.js": "plain", "rtm.wasm": "\x00asm", "late.js": "late"} {
		files[name] = &fstest.MapFile{Data: []byte(content)}
		sum := sha512.Sum384([]byte(content))
		listed[name] = "sha384-" + base64.StdEncoding.EncodeToString(sum[:])
	}
	files["rtm.js.br"] = &fstest.MapFile{Data: []byte("brotli")}
	files["rtm.d.ts"] = &fstest.MapFile{Data: []byte("types")}
	files["late.js"].Data = []byte("later")
	list, err := json.Marshal(listed)
	require.NoError(t, err)
	files["integrity.json"] = &fstest.MapFile{Data: list}
	return newHouse(t, nil, func(c *gateway.Config) { c.SDK = files })
}

func TestStaticAddressWithBuild(t *testing.T) {
	h := newBuildHouse(t)
	for _, test := range []struct{ path, accept, body, cached string }{
		{"/sdk/rtm.js", "identity", "plain", "no-cache"},
		{"/sdk/0123456789abcdef/rtm.js", "identity", "plain", forever},
		{"/sdk/0123456789abcdef/rtm.js", "br", "brotli", forever},
		{"/sdk/0123456789abcdef/rtm.wasm", "br", "\x00asm", forever},
		{"/sdk/89abcdef01234567/rtm.wasm", "br", "\x00asm", forever},
		{"/sdk/0123456789abcdef/rtm.d.ts", "br", "types", "no-cache"}, // of which nothing is known
		{"/sdk/0123456789abcdef/late.js", "br", "later", "no-cache"},
	} {
		response, body := h.get("GET", test.path, "Accept-Encoding", test.accept)
		assert.Equal(t, http.StatusOK, response.StatusCode, test.path)
		assert.Equal(t, test.body, body, test.path)
		assert.Equal(t, test.cached, response.Header.Get("Cache-Control"), test.path)
		assert.Equal(t, "Accept-Encoding", response.Header.Get("Vary"), test.path)
		assert.Equal(t, "*", response.Header.Get("Access-Control-Allow-Origin"), test.path)
	}
	for _, path := range []string{
		"/sdk/fedcba9876543210/rtm.js", // of another build: no answer rather than a mix
		"/sdk/0123456789abcdef/", "/sdk/0123456789abcdef/none.js", "/sdk/0123456789abcdef/0123456789abcdef/rtm.js", "/sdk/0123456789abcdef",
		"/sdk/89abcdef01234567/rtm.js", "/sdk/76543210fedcba98/rtm.wasm", // the program's name is no name of scripts
	} {
		response, _ := h.get("GET", path)
		assert.Equal(t, http.StatusNotFound, response.StatusCode, path)
		assert.Empty(t, response.Header.Get("Cache-Control"), path)
	}
}

func TestStaticFolderWithoutBuild(t *testing.T) {
	h := newStaticHouse(t)
	for _, path := range []string{"/sdk//rtm.js", "/sdk/build/rtm.js"} {
		response, _ := h.get("GET", path)
		assert.NotEqual(t, http.StatusOK, response.StatusCode, path)
	}
}

// What is compressed has its length, comes whole, and is still not sent twice.
func TestStaticCompressed(t *testing.T) {
	h := newStaticHouse(t)
	for _, method := range []string{"GET", "HEAD"} {
		response, _ := h.get(method, "/sdk/rtm.js", "Accept-Encoding", "br")
		assert.EqualValues(t, len("brotli"), response.ContentLength, method)
		assert.Equal(t, "br", response.Header.Get("Content-Encoding"), method)
	}
	response, body := h.get("GET", "/sdk/rtm.js", "Accept-Encoding", "br", "Range", "bytes=0-1", "If-Match", `"none"`)
	assert.Equal(t, http.StatusOK, response.StatusCode)
	assert.Equal(t, "brotli", body)
	response, body = h.get("GET", "/sdk/rtm.js", "Range", "bytes=0-1")
	assert.Equal(t, http.StatusPartialContent, response.StatusCode)
	assert.Equal(t, "pl", body)

	response, _ = h.get("GET", "/sdk/rtm.js", "Accept-Encoding", "br")
	response, body = h.get("GET", "/sdk/rtm.js", "Accept-Encoding", "br", "If-None-Match", `W/`+response.Header.Get("ETag"))
	assert.Equal(t, http.StatusNotModified, response.StatusCode, "a proxy may have made the tag weak")
	assert.Empty(t, body)
	assert.Equal(t, "no-cache", response.Header.Get("Cache-Control"))
	assert.Equal(t, "Accept-Encoding", response.Header.Get("Vary"))
}
