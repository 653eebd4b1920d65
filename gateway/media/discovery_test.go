package media_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A tus client asks what the server can do. Preflights do not come here.
func TestDiscovery(t *testing.T) {
	nobody := &client{s: newServer(t)}
	for _, path := range []string{"/media/", "/media/abc"} {
		a := nobody.do("OPTIONS", path, nil)
		assert.Equal(t, 204, a.status)
		for name, want := range map[string]string{
			"Allow":         "GET, HEAD, POST, PATCH, DELETE, OPTIONS",
			"Tus-Version":   "1.0.0",
			"Tus-Max-Size":  "31457280",
			"Tus-Extension": "creation,creation-with-upload,termination,expiration",
			"Accept-Patch":  "application/partial-upload, application/offset+octet-stream",
			"Upload-Limit":  "max-size=31457280, min-size=1, min-append-size=65536",
		} {
			assert.Equal(t, want, a.header.Get(name), name)
		}
	}
}

func TestErrorsHaveABody(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	for _, a := range []answer{c.create(0), c.do("GET", "/media/abc", nil), c.do("PUT", "/media/", nil), c.do("POST", c.created(3), nil)} {
		assert.GreaterOrEqual(t, a.status, 400)
		assert.NotEmpty(t, a.body)
	}
}

// A client tells by the header that no proxy has answered in place of the gateway.
func TestEveryAnswerHasTheGatewaysHeader(t *testing.T) {
	s := newServer(t)
	c := s.as(appA, "anna", "s1")
	path := c.uploaded([]byte("abc"))
	for name, a := range map[string]answer{
		"created":          c.create(3),
		"of tusd":          c.do("POST", "/media/", nil, "Tus-Resumable", "0.2.2", "Upload-Length", "3"),
		"offset":           c.do("HEAD", path, nil),
		"downloaded":       c.do("GET", path, nil),
		"a range too far":  c.do("GET", path, nil, "Range", "bytes=9-"),
		"unknown":          c.do("GET", "/media/"+strings.Repeat("ab", 32), nil),
		"no key":           c.do("GET", "/media/abc", nil),
		"not removed":      c.do("DELETE", path, nil),
		"no such method":   c.do("PUT", "/media/", nil),
		"discovery":        c.do("OPTIONS", "/media/", nil),
		"no credential":    (&client{s: s}).create(3),
		"wrong credential": (&client{s: s, credential: "x"}).create(3),
	} {
		assert.Equal(t, []string{"1"}, a.header.Values("Rtm-Gateway"), "%s: %d", name, a.status)
	}
}
