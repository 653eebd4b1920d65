package gateway_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whatever is asked for at whatever address, served or refused, the answer has the headers
// that keep browsers from guessing.
func TestSafetyHeaders(t *testing.T) {
	h := newStaticHouse(t)
	secure := httptest.NewUnstartedServer(nil)
	secure.Config = h.server.HTTPServer()
	secure.StartTLS()
	t.Cleanup(secure.Close)
	trusting := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}
	for _, path := range everyAddress(t, h) {
		for _, method := range methods {
			for _, header := range [][]string{nil, {"Range", "bytes=9999-"}, {"If-None-Match", "*"}, {"Content-Type", "text/plain"}, {"Accept-Encoding", "br"}} {
				t.Run(fmt.Sprint(method, " ", path, " ", header), func(t *testing.T) {
					response, _ := h.get(method, path, header...)
					assert.Equal(t, []string{"nosniff"}, response.Header["X-Content-Type-Options"])
					assert.Empty(t, response.Header["Strict-Transport-Security"], "without TLS it means nothing")
				})
			}
			t.Run(fmt.Sprint(method, " ", path, " with TLS"), func(t *testing.T) {
				request, err := http.NewRequestWithContext(t.Context(), method, secure.URL+path, nil)
				require.NoError(t, err)
				response, err := trusting.RoundTrip(request)
				require.NoError(t, err)
				require.NoError(t, response.Body.Close())
				assert.Equal(t, []string{"nosniff"}, response.Header["X-Content-Type-Options"])
				assert.Equal(t, []string{"max-age=31536000"}, response.Header["Strict-Transport-Security"])
			})
		}
	}
}

func TestHeadersOfTheDemo(t *testing.T) {
	h := newStaticHouse(t)
	for _, path := range addresses["/"] {
		response, _ := h.get("GET", path)
		assert.Equal(t, "no-referrer", response.Header.Get("Referrer-Policy"), path)
		policy := response.Header.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'self'", "object-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'self'"} {
			assert.Contains(t, policy, part, path)
		}
	}
}

func TestRequestHeadersAreBounded(t *testing.T) {
	h := newStaticHouse(t)
	for _, path := range everyAddress(t, h) {
		for name, c := range map[string]struct {
			lines   string
			refused bool
		}{
			"12 KiB":                    {"X-Long: " + strings.Repeat("x", 12<<10) + "\r\n", false},
			"17 KiB":                    {"X-Long: " + strings.Repeat("x", 17<<10) + "\r\n", true},
			"17 KiB in the address":     {"", true},
			"a hundred lines":           {numbered(100), false},
			"a thousand lines":          {numbered(1000), true},
			"one name a thousand times": {strings.Repeat("a:\r\n", 1000), true},
		} {
			t.Run(path+" "+name, func(t *testing.T) {
				at := path
				if c.lines == "" {
					at = "/" + strings.Repeat("x", 17<<10)
				}
				response := answerTo(t, h.raw(t, "GET "+at+" HTTP/1.1\r\nHost: x\r\n"+c.lines+"\r\n"), "GET")
				assert.Equal(t, c.refused, response.StatusCode == http.StatusRequestHeaderFieldsTooLarge, response.Status)
			})
		}
	}
}

func numbered(n int) string {
	var lines strings.Builder
	for i := range n {
		fmt.Fprintf(&lines, "x%d:\r\n", i)
	}
	return lines.String()
}
