package gateway_test

import (
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway"
)

func newStaticHouse(t *testing.T, change ...func(*gateway.Config)) *house {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	return newHouse(t, nil, append(change, func(c *gateway.Config) {
		c.SDK = fstest.MapFS{
			"rtm.js": file("plain"), "rtm.js.br": file("brotli"), "rtm.js.gz": file("gzip"),
			"rtm.wasm": file("\x00asm"), "other.js": file("other"), "other.js.gz": file("other gzip"), ".gitkeep": file(""),
		}
		c.Demo = fstest.MapFS{"index.html": file("demo"), "sub/index.html": file("sub")}
	})...)
}

func (h *house) get(method, path string, header ...string) (*http.Response, string) {
	request, err := http.NewRequestWithContext(h.t.Context(), method, h.url+path, nil)
	require.NoError(h.t, err)
	request.Header.Set("Accept-Encoding", "identity")
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(h.t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(h.t, err)
	require.NoError(h.t, response.Body.Close())
	return response, string(body)
}

func TestStaticFiles(t *testing.T) {
	h := newStaticHouse(t)
	for _, test := range []struct {
		path, accept   string
		body, encoding string
		kind           string
	}{
		{"/sdk/rtm.js", "identity", "plain", "", "text/javascript; charset=utf-8"},
		{"/sdk/rtm.js", "gzip, deflate, br", "brotli", "br", "text/javascript; charset=utf-8"},
		{"/sdk/rtm.js", "gzip", "gzip", "gzip", "text/javascript; charset=utf-8"},
		{"/sdk/rtm.js", "br;q=0, gzip;q=0.5", "gzip", "gzip", "text/javascript; charset=utf-8"},
		{"/sdk/other.js", "br, gzip", "other gzip", "gzip", "text/javascript; charset=utf-8"},
		{"/sdk/rtm.wasm", "br, gzip", "\x00asm", "", "application/wasm"},
		{"/", "br", "demo", "", "text/html; charset=utf-8"},
		{"/sub/", "br", "sub", "", "text/html; charset=utf-8"},
		{"/healthz", "br", "ok\n", "", "text/plain; charset=utf-8"},
	} {
		t.Run(test.path+" "+test.accept, func(t *testing.T) {
			response, body := h.get("GET", test.path, "Accept-Encoding", test.accept)
			assert.Equal(t, http.StatusOK, response.StatusCode)
			assert.Equal(t, test.body, body)
			assert.Equal(t, test.encoding, response.Header.Get("Content-Encoding"))
			assert.Equal(t, test.kind, response.Header.Get("Content-Type"))
			assert.Equal(t, "1", response.Header.Get("Rtm-Gateway"))
		})
	}
}

func TestStaticHeaders(t *testing.T) {
	h := newStaticHouse(t)
	response, _ := h.get("GET", "/sdk/rtm.js")
	assert.Equal(t, "nosniff", response.Header.Get("X-Content-Type-Options"))
	assert.Equal(t, "no-cache", response.Header.Get("Cache-Control"))
	assert.Equal(t, "Accept-Encoding", response.Header.Get("Vary"))
	tag := response.Header.Get("ETag")
	require.NotEmpty(t, tag)

	response, body := h.get("GET", "/sdk/rtm.js", "If-None-Match", tag)
	assert.Equal(t, http.StatusNotModified, response.StatusCode)
	assert.Empty(t, body)
	response, _ = h.get("GET", "/sdk/rtm.js", "If-None-Match", tag, "Accept-Encoding", "br")
	assert.Equal(t, http.StatusOK, response.StatusCode, "another representation has another tag")

	response, body = h.get("HEAD", "/sdk/rtm.js")
	assert.EqualValues(t, len("plain"), response.ContentLength)
	assert.Empty(t, body)

	assert.Empty(t, response.Header.Get("Content-Security-Policy"))

	response, _ = h.get("GET", "/")
	assert.Contains(t, response.Header.Get("Content-Security-Policy"), "script-src 'self' 'wasm-unsafe-eval'")
}

func TestStaticAddressWithHash(t *testing.T) {
	h := newStaticHouse(t)
	sum := sha256.Sum256([]byte("plain"))
	hash := "?sha256-" + base64.StdEncoding.EncodeToString(sum[:])
	for path, cached := range map[string]string{
		"/sdk/rtm.js" + hash:   "public, max-age=31536000, immutable",
		"/sdk/rtm.wasm" + hash: "no-cache", // that of another build
		"/sdk/rtm.js?sha256-":  "no-cache",
		"/sdk/rtm.js?v=1":      "no-cache",
	} {
		for _, encoding := range []string{"br", "gzip", "identity"} {
			response, _ := h.get("GET", path, "Accept-Encoding", encoding)
			assert.Equal(t, http.StatusOK, response.StatusCode, path)
			assert.Equal(t, cached, response.Header.Get("Cache-Control"), "%s %s", path, encoding)
		}
	}
}

func TestStaticRefusals(t *testing.T) {
	h := newStaticHouse(t)
	for path, code := range map[string]int{
		"/sdk/": 404, "/sdk/none.js": 404, "/sdk/.gitkeep": 404, "/sdk/%2e%2e/server.go": 404, "/none": 404, "/sub": 404,
	} {
		response, _ := h.get("GET", path)
		assert.Equal(t, code, response.StatusCode, path)
	}
	response, _ := h.get("POST", "/sdk/rtm.js")
	assert.Equal(t, http.StatusMethodNotAllowed, response.StatusCode)
	assert.Equal(t, "GET, HEAD", response.Header.Get("Allow"))
}

func TestSDKThatIsNotBuilt(t *testing.T) {
	h := newHouse(t, nil, func(c *gateway.Config) { c.SDK = fstest.MapFS{} })
	response, body := h.get("GET", "/sdk/rtm.js")
	assert.Equal(t, http.StatusNotFound, response.StatusCode)
	assert.Contains(t, body, "make build")
}

// Uploads of a session that ends are removed; its credential opens /media/ before.
func TestMediaOfASession(t *testing.T) {
	h := newHouse(t, nil)
	ada := h.login("ada")
	create := func() *http.Response {
		response, _ := h.get("POST", "/media/", "Authorization", "Bearer "+ada.welcome.Credential, "Tus-Resumable", "1.0.0", "Upload-Length", "5")
		return response
	}
	response := create()
	require.Equal(t, http.StatusCreated, response.StatusCode)
	place := response.Header.Get("Location")
	ada.cut()
	young := h.login("ada")
	assert.Equal(t, http.StatusUnauthorized, create().StatusCode)
	require.Eventually(t, func() bool {
		response, _ := h.get("HEAD", place, "Authorization", "Bearer "+young.welcome.Credential, "Tus-Resumable", "1.0.0")
		return response.StatusCode == http.StatusNotFound
	}, waitLimit, 10*time.Millisecond)
}
