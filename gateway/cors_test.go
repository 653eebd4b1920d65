package gateway_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"

	"rtmwasm/gateway"
)

// corsPaths are addresses of every kind, those of nothing included.
var corsPaths = []string{"/rtm", "/healthz", "/readyz", "/sdk/rtm.js", "/sdk/none.js", "/media/", "/media/" + strings.Repeat("ab", 32), "/", "/none", "/chat/rtm"}

const goodOrigin, badOrigin = "https://good.example", "https://bad.example"

func newCORSHouse(t *testing.T, named bool) *house {
	return newHouse(t, nil, func(c *gateway.Config) {
		c.SDK = fstest.MapFS{"rtm.js": {Data: []byte("sdk")}}
		c.Demo = fstest.MapFS{"index.html": {Data: []byte("demo")}}
		if named {
			c.AllowOrigin = func(origin string) bool { return origin == goodOrigin }
		}
	})
}

func TestCrossOrigin(t *testing.T) {
	for _, named := range []bool{false, true} {
		h := newCORSHouse(t, named)
		own := h.url // http://127.0.0.1:port
		for _, c := range []struct {
			origin            string
			readable, refused bool // by credentialed requests; at /rtm and /media/
		}{
			{"", false, false},
			{goodOrigin, named, false},
			{own, named, false},
			{badOrigin, false, named},
			{"null", false, named},
			{own + "0", false, named},
			{"https://good.example.bad.example", false, named},
		} {
			for _, path := range corsPaths {
				response, body := h.get("GET", path, "Origin", c.origin)
				header := response.Header
				name := path + " for " + c.origin
				if c.readable {
					assert.Equal(t, []string{c.origin}, header.Values("Access-Control-Allow-Origin"), name)
					assert.Equal(t, "true", header.Get("Access-Control-Allow-Credentials"), name)
				} else {
					assert.Equal(t, []string{"*"}, header.Values("Access-Control-Allow-Origin"), name)
					assert.Empty(t, header.Get("Access-Control-Allow-Credentials"), name)
				}
				assert.Equal(t, named, strings.Contains(strings.Join(header.Values("Vary"), ","), "Origin"), name)
				for _, exposed := range []string{"Rtm-Gateway", "Upload-Offset", "Repr-Digest", "Part-Digest", "Upload-Complete", "Upload-Draft-Interop-Version"} {
					assert.Contains(t, header.Get("Access-Control-Expose-Headers"), exposed, name)
				}
				assert.Equal(t, "cross-origin", header.Get("Cross-Origin-Resource-Policy"), name)
				guarded := path == "/rtm" || strings.HasPrefix(path, "/media/")
				assert.Equal(t, c.refused && guarded, response.StatusCode == http.StatusForbidden, name)
				if response.StatusCode == http.StatusForbidden {
					assert.Contains(t, body, c.origin)
					assert.Contains(t, body, "--origins")
				}
			}
		}
	}
}

// A preflight is answered everywhere, whatever headers libraries add, and also to an
// origin that may then read why it is refused.
func TestPreflights(t *testing.T) {
	const headers = "authorization,sentry-trace,baggage,traceparent,x-requested-with,upload-offset"
	for _, named := range []bool{false, true} {
		h := newCORSHouse(t, named)
		for _, origin := range []string{goodOrigin, badOrigin} {
			for _, path := range corsPaths {
				response, _ := h.get("OPTIONS", path, "Origin", origin, "Access-Control-Request-Method", "PATCH", "Access-Control-Request-Headers", headers)
				assert.Equal(t, http.StatusNoContent, response.StatusCode, path)
				assert.Equal(t, headers, response.Header.Get("Access-Control-Allow-Headers"), path)
				assert.Equal(t, "GET, HEAD, POST, PATCH, DELETE, OPTIONS", response.Header.Get("Access-Control-Allow-Methods"), path)
				assert.Equal(t, "86400", response.Header.Get("Access-Control-Max-Age"), path)
				allowed, credentials := "*", ""
				if named && origin == goodOrigin {
					allowed, credentials = origin, "true"
				}
				assert.Equal(t, []string{allowed}, response.Header.Values("Access-Control-Allow-Origin"), path)
				assert.Equal(t, credentials, response.Header.Get("Access-Control-Allow-Credentials"), path)
			}
		}
		response, _ := h.get("OPTIONS", "/media/", "Origin", goodOrigin)
		assert.Equal(t, "1.0.0", response.Header.Get("Tus-Version"), "no preflight, but a tus client")
	}
}

// Answers of uploads and downloads have the headers too, errors of the store included.
func TestCrossOriginMedia(t *testing.T) {
	h := newCORSHouse(t, true)
	ada := h.login("ada")
	path := putFile(t, h, ada, "abc")
	for _, p := range []string{path, "/media/" + strings.Repeat("0", 64)} {
		response, _ := h.get("GET", p, "Origin", goodOrigin, "Authorization", "Bearer "+ada.welcome.Credential, "Range", "bytes=7-")
		assert.Contains(t, []int{416, 404}, response.StatusCode)
		assert.Equal(t, []string{goodOrigin}, response.Header.Values("Access-Control-Allow-Origin"))
	}
}

func TestOriginsMayBeNamed(t *testing.T) {
	h := newCORSHouse(t, true)
	status := func(origin string) int {
		response, err := http.DefaultTransport.RoundTrip(upgrade(t, h.url+"/rtm", origin))
		assert.NoError(t, err)
		assert.NoError(t, response.Body.Close())
		return response.StatusCode
	}
	assert.Equal(t, http.StatusForbidden, status(badOrigin))
	assert.Equal(t, http.StatusForbidden, status("null"))
	assert.Equal(t, http.StatusSwitchingProtocols, status(goodOrigin))
	assert.Equal(t, http.StatusSwitchingProtocols, status(h.url), "its own")
	h.login("ada") // no page, no origin
}

// A page is the gateway's own only if nobody else can serve one with the same host: see
// isOwnOrigin.
func TestOwnOrigins(t *testing.T) {
	const stranger, proxy = "203.0.113.1:50000", "10.0.0.1:50000"
	h := newHouse(t, nil, func(c *gateway.Config) {
		c.AllowOrigin = func(string) bool { return false }
		c.Limits.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	})
	for _, test := range []struct {
		origin, host, sender string
		tls                  bool
		proto                string // X-Forwarded-Proto
		own                  bool
	}{
		// A name needs a certificate: any name can be pointed to the gateway's address.
		{"http://evil.example", "evil.example", stranger, false, "", false},
		{"http://evil.example:8080", "evil.example:8080", stranger, false, "", false},
		{"http://127.0.0.1.evil.example", "127.0.0.1.evil.example", stranger, false, "", false},
		{"http://localhost.evil.example", "localhost.evil.example", stranger, false, "", false},
		{"https://rtm.example", "rtm.example", stranger, true, "", true},
		{"https://rtm.example:8443", "RTM.example:8443", stranger, true, "", true},
		{"https://rtm.example", "rtm.example", stranger, false, "", false},
		{"https://rtm.example", "rtm.example", proxy, false, "https", true},
		{"https://rtm.example", "rtm.example", proxy, false, "http", false},
		{"https://rtm.example", "rtm.example", proxy, false, "", false},
		{"https://rtm.example", "rtm.example", stranger, false, "https", false},
		// A page of http is not the page of a gateway with https.
		{"http://rtm.example", "rtm.example", stranger, true, "", false},
		{"http://rtm.example", "rtm.example", proxy, false, "https", false},
		{"http://192.0.2.1", "192.0.2.1", stranger, true, "", false},
		{"http://localhost", "localhost", proxy, false, "https", false},
		// Addresses and localhost are whose they are.
		{"http://192.0.2.1:8080", "192.0.2.1:8080", stranger, false, "", true},
		{"http://[2001:db8::1]", "[2001:db8::1]", stranger, false, "", true},
		{"http://[::1]:8080", "[::1]:8080", stranger, false, "", true},
		{"http://localhost:8080", "localhost:8080", stranger, false, "", true},
		{"http://localhost:8080", "localhost:8080", proxy, false, "http", true},
		{"https://localhost", "localhost", stranger, false, "", true},
		{"https://192.0.2.1", "192.0.2.1", stranger, true, "", true},
		// No other host, port or scheme.
		{"https://rtm.example", "rtm.example:8443", stranger, true, "", false},
		{"http://192.0.2.1", "192.0.2.2", stranger, false, "", false},
		{"ftp://localhost", "localhost", stranger, false, "", false},
		{"localhost", "localhost", stranger, false, "", false},
		{"null", "localhost", stranger, false, "", false},
	} {
		for _, path := range []string{"/rtm", "/media/"} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Host, r.RemoteAddr = test.host, test.sender
			if test.tls {
				r.TLS = &tls.ConnectionState{}
			}
			if test.proto != "" {
				r.Header.Set("X-Forwarded-Proto", test.proto)
			}
			r.Header.Set("Origin", test.origin)
			w := httptest.NewRecorder()
			h.server.Handler().ServeHTTP(w, r)
			assert.Equal(t, test.own, w.Code != http.StatusForbidden, "%s: %+v", path, test)
			assert.Equal(t, test.own, w.Header().Get("Access-Control-Allow-Credentials") == "true", "%s: %+v", path, test)
		}
	}
}

func upgrade(t *testing.T, url, origin string) *http.Request {
	request, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	assert.NoError(t, err)
	for name, value := range map[string]string{
		"Origin": origin, "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
	} {
		request.Header.Set(name, value)
	}
	return request
}
