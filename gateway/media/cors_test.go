package media_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPreflight(t *testing.T) {
	s := newServer(t)
	nobody := &client{s: s}
	for _, path := range []string{"/media/", "/media/abc"} {
		a := nobody.do("OPTIONS", path, nil, "Origin", "https://page.example",
			"Access-Control-Request-Method", "PATCH", "Access-Control-Request-Headers", "authorization,upload-offset")
		assert.Equal(t, 204, a.status)
		for name, want := range map[string]string{
			"Access-Control-Allow-Origin":  "*",
			"Access-Control-Allow-Methods": "GET, HEAD, POST, PATCH, DELETE, OPTIONS",
			"Access-Control-Max-Age":       "86400",
			"Tus-Version":                  "1.0.0",
			"Tus-Max-Size":                 "31457280",
			"Tus-Extension":                "creation,creation-with-upload,termination,expiration",
		} {
			assert.Equal(t, want, a.header.Get(name), name)
		}
		for _, name := range []string{"Authorization", "Content-Type", "Range", "If-Range", "Tus-Resumable", "Upload-Length",
			"Upload-Metadata", "Upload-Offset", "Upload-Defer-Length", "Repr-Digest", "X-HTTP-Method-Override", "X-Request-ID"} {
			assert.Contains(t, a.header.Get("Access-Control-Allow-Headers"), name)
		}
		assert.Empty(t, a.header.Get("Access-Control-Allow-Credentials"))
	}
}

func TestCORSOnErrors(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	for _, a := range []answer{c.create(0), c.do("GET", "/media/abc", nil), c.do("PUT", "/media/", nil), c.do("POST", c.created(3), nil)} {
		assert.GreaterOrEqual(t, a.status, 400)
		assert.Equal(t, "*", a.header.Get("Access-Control-Allow-Origin"))
		assert.Len(t, a.header.Values("Access-Control-Allow-Origin"), 1)
		assert.Contains(t, a.header.Get("Access-Control-Expose-Headers"), "Upload-Offset")
		assert.Contains(t, a.header.Get("Access-Control-Expose-Headers"), "Rtm-Gateway")
		assert.Equal(t, "1", a.header.Get("Rtm-Gateway"))
		assert.NotEmpty(t, a.body)
	}
}

// A client tells by the header that no proxy has answered in place of the gateway.
func TestEveryAnswerHasTheGatewaysHeader(t *testing.T) {
	s := newServer(t, func(s *server) {
		s.config.AllowOrigin = func(origin string) bool { return origin == "https://good.example" }
	})
	c := s.as(appA, "anna", "s1")
	path := c.uploaded([]byte("abc"))
	for name, a := range map[string]answer{
		"created":           c.create(3),
		"of tusd":           c.do("POST", "/media/", nil, "Tus-Resumable", "0.2.2", "Upload-Length", "3"),
		"offset":            c.do("HEAD", path, nil),
		"downloaded":        c.do("GET", path, nil),
		"a range too far":   c.do("GET", path, nil, "Range", "bytes=9-"),
		"unknown":           c.do("GET", "/media/"+strings.Repeat("ab", 32), nil),
		"no key":            c.do("GET", "/media/abc", nil),
		"not removed":       c.do("DELETE", path, nil),
		"no such method":    c.do("PUT", "/media/", nil),
		"preflight":         c.do("OPTIONS", "/media/", nil),
		"no credential":     (&client{s: s}).create(3),
		"wrong credential":  (&client{s: s, credential: "x"}).create(3),
		"of another origin": c.create(3, "Origin", "https://bad.example"),
	} {
		assert.Equal(t, []string{"1"}, a.header.Values("Rtm-Gateway"), "%s: %d", name, a.status)
	}
}

func TestAllowOrigin(t *testing.T) {
	s := newServer(t, func(s *server) {
		s.config.AllowOrigin = func(origin string) bool { return origin == "https://good.example" }
	})
	c := s.as(appA, "anna", "s1")
	good := c.create(3, "Origin", "https://good.example")
	assert.Equal(t, 201, good.status)
	assert.Equal(t, "https://good.example", good.header.Get("Access-Control-Allow-Origin"))
	assert.Equal(t, "Origin", good.header.Get("Vary"))
	bad := c.create(3, "Origin", "https://bad.example")
	assert.Equal(t, 403, bad.status)
	assert.Empty(t, bad.header.Get("Access-Control-Allow-Origin"))
	assert.Equal(t, 201, c.create(3).status, "not a page")
}
