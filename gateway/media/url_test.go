package media_test

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/media"
	"rtmwasm/gateway/mediaurl"
)

// png is what browsers take for a picture.
var png = append([]byte("\x89PNG\r\n\x1a\n"), randomBytes(7, 5000)...)

var backendKey = mediaurl.Key{ID: "backend", Secret: []byte(strings.Repeat("k", mediaurl.MinSecret))}

// withBackendKey has the server know an operator's key, beside those that gateways share.
func withBackendKey(s *server) {
	s.config.URLKeys = ownKeys{s}
}

// ownKeys is a Ring that is made once the engine is open.
type ownKeys struct{ s *server }

func (k ownKeys) ring() *mediaurl.Ring {
	return mediaurl.NewRing(k.s.engine.MediaKeys(), []mediaurl.Key{backendKey}, 0)
}

func (k ownKeys) Signing(ctx context.Context) (mediaurl.Key, error) { return k.ring().Signing(ctx) }
func (k ownKeys) Life() time.Duration                               { return k.ring().Life() }
func (k ownKeys) Find(ctx context.Context, id string) ([]byte, bool, error) {
	return k.ring().Find(ctx, id)
}

// url asks the handler for a URL of the file at path.
func (s *server) url(path string, lifetime time.Duration, download string) string {
	s.t.Helper()
	u, err := s.handler.URL(s.t.Context(), appA, strings.TrimPrefix(path, media.BasePath), lifetime, download)
	require.NoError(s.t, err)
	return u
}

func grantFor(path string) mediaurl.Grant {
	return mediaurl.Grant{App: appA, Key: strings.TrimPrefix(path, media.BasePath), Expires: time.Now().Add(time.Hour)}
}

// stranger has no credential.
func (s *server) stranger() *client { return &client{s: s} }

func TestSignedURL(t *testing.T) {
	s := newServer(t)
	path := s.as(appA, "anna", "s1").uploaded(png)
	c, u := s.stranger(), s.url(path, time.Hour, "")
	for _, method := range []string{"GET", "HEAD"} {
		a := c.do(method, u, nil)
		require.Equal(t, 200, a.status, method)
		for name, want := range map[string]string{
			"Content-Length":               fmt.Sprint(len(png)),
			"Content-Type":                 "image/png",
			"Content-Disposition":          "inline",
			"Content-Security-Policy":      "sandbox; default-src 'none'",
			"X-Content-Type-Options":       "nosniff",
			"Accept-Ranges":                "bytes",
			"Referrer-Policy":              "no-referrer",
			"ETag":                         etag(png),
			"Cross-Origin-Resource-Policy": "", // the gateway sets it, as of all answers
		} {
			assert.Equal(t, want, a.header.Get(name), name)
		}
		age := 0
		_, err := fmt.Sscanf(a.header.Get("Cache-Control"), "private, max-age=%d, immutable", &age)
		require.NoError(t, err, a.header.Get("Cache-Control"))
		assert.True(t, age > 3500 && age <= 3600, age)
		assert.Equal(t, method == "GET", string(a.body) == string(png))
	}

	a := c.do("GET", u, nil, "Range", "bytes=100-199") // a player seeks
	assert.Equal(t, 206, a.status)
	assert.Equal(t, "bytes 100-199/5008", a.header.Get("Content-Range"))
	assert.Equal(t, string(png[100:200]), string(a.body))
	a = c.do("GET", u, nil, "Range", "bytes=6000-")
	assert.Equal(t, 416, a.status)
	assert.NotContains(t, a.header.Get("Cache-Control"), "max-age")
	a = c.do("GET", u, nil, "If-None-Match", etag(png))
	assert.Equal(t, 304, a.status)
	assert.Contains(t, a.header.Get("Cache-Control"), "max-age")
	assert.Equal(t, 200, c.do("GET", u, nil, "If-None-Match", `"other"`).status)
	a = c.do("GET", u, nil, "If-Match", `"other"`)
	assert.Equal(t, 412, a.status)
	assert.Equal(t, "no-store", a.header.Get("Cache-Control"))

	assert.Equal(t, 401, c.do("DELETE", u, nil).status, "it is for reading")
	assert.Equal(t, 200, s.as(appB, "bob", "s2").do("GET", u, nil).status, "a credential beside it counts for nothing")
	assert.Equal(t, 200, c.do("GET", path+"?"+shuffled(t, u), nil).status, "the order of parameters is free")
}

func shuffled(t *testing.T, u string) string {
	_, query, _ := strings.Cut(u, "?")
	parts := strings.Split(query, "&")
	require.Len(t, parts, 4)
	return strings.Join([]string{parts[3], parts[1], parts[2], parts[0]}, "&")
}

// What is not exactly what was signed is what an unknown file is.
func TestSignedURLsThatAreNotGood(t *testing.T) {
	s := newServer(t, withBackendKey)
	anna := s.as(appA, "anna", "s1")
	path, other := anna.uploaded(png), anna.uploaded(png)
	c := s.stranger()
	unknown := c.do("GET", grantFor("/media/"+strings.Repeat("0", 64)).Sign(backendKey), nil)
	require.Equal(t, 404, unknown.status)
	good := grantFor(path)
	good.Download = "a.png"
	u := good.Sign(backendKey)
	require.Equal(t, 200, c.do("GET", u, nil).status)
	change := func(name, value string) string {
		parsed, err := url.Parse(u)
		require.NoError(t, err)
		query := parsed.Query()
		require.NotEqual(t, query.Get(name), value)
		query.Set(name, value)
		return path + "?" + query.Encode()
	}
	without := func(name string) string {
		parsed, err := url.Parse(u)
		require.NoError(t, err)
		query := parsed.Query()
		query.Del(name)
		return path + "?" + query.Encode()
	}
	expired := good
	expired.Expires = time.Now().Add(-time.Second)
	foreign := good
	foreign.App = appB
	otherSecret := backendKey
	otherSecret.Secret = []byte(strings.Repeat("x", mediaurl.MinSecret))
	signature := change("sig", strings.Repeat("A", 43))
	for name, u := range map[string]string{
		"another app":             change("app", appB),
		"a later expiry":          change("exp", fmt.Sprint(good.Expires.Unix()+1)),
		"another name":            change("download", "b.png"),
		"no name":                 without("download"),
		"another key id":          change("kid", "other"),
		"no key id":               without("kid"),
		"another signature":       signature,
		"no expiry":               without("exp"),
		"another file":            strings.Replace(u, path, other, 1),
		"one more parameter":      u + "&x=y",
		"expired":                 expired.Sign(backendKey),
		"signed for another app":  foreign.Sign(backendKey),
		"of another secret":       good.Sign(otherSecret),
		"a path that is no key":   strings.Replace(u, path, "/media/x", 1),
		"the path of all uploads": strings.Replace(u, path, "/media/", 1),
	} {
		for _, method := range []string{"GET", "HEAD"} {
			a := c.do(method, u, nil)
			assert.Equal(t, 404, a.status, name)
			assert.Equal(t, "no-store", a.header.Get("Cache-Control"), name)
			if method == "GET" {
				assert.Equal(t, string(unknown.body), string(a.body), name)
			}
		}
	}
	assert.Equal(t, 401, c.do("GET", without("sig"), nil).status, "that is no signed URL")

	unfinished := anna.created(10)
	assert.Equal(t, 404, c.do("GET", grantFor(unfinished).Sign(backendKey), nil).status)
	for name, test := range map[string]struct{ app, path string }{
		"unfinished": {appA, unfinished}, "another app's": {appB, path}, "unknown": {appA, strings.Repeat("0", 64)}, "no key": {appA, "x"},
	} {
		_, err := s.handler.URL(t.Context(), test.app, strings.TrimPrefix(test.path, media.BasePath), time.Hour, "")
		assert.ErrorIs(t, err, media.ErrNotFound, name)
	}
}

func TestSavedUnderAName(t *testing.T) {
	s := newServer(t)
	path, c := s.as(appA, "anna", "s1").uploaded(png), s.stranger()
	for name, want := range map[string]struct{ ascii, full string }{
		"cat.png":                   {"cat.png", "cat.png"},
		`a"; filename="b.exe`:       {`a_; filename=_b.exe`, `a"; filename="b.exe`},
		"a\r\nSet-Cookie: x=y":      {"a__Set-Cookie: x=y", "a__Set-Cookie: x=y"},
		"../../etc/passwd":          {".._.._etc_passwd", ".._.._etc_passwd"},
		`c:\windows\x`:              {"c:_windows_x", "c:_windows_x"},
		"Straße 北京.jpg":             {"Stra_e __.jpg", "Straße 北京.jpg"},
		"100%.txt":                  {"100_.txt", "100%.txt"},
		"gnp.\u202etxt.exe":         {"gnp._txt.exe", "gnp._txt.exe"},
		"a;b='c'*(d).txt":           {"a;b='c'*(d).txt", "a;b='c'*(d).txt"},
		strings.Repeat("x", 255):    {strings.Repeat("x", 255), strings.Repeat("x", 255)},
		"\x00\x1f\x7f\u0085\u2028.": {"_____.", "_____."},
	} {
		a := c.do("GET", s.url(path, time.Hour, name), nil)
		require.Equal(t, 200, a.status)
		header := a.header.Get("Content-Disposition")
		assert.Contains(t, header, `attachment; filename="`+want.ascii+`"; filename*=UTF-8''`)
		assert.Empty(t, a.header.Get("Set-Cookie"))
		full := header[strings.Index(header, "filename*="):]
		_, params, err := mime.ParseMediaType("attachment; " + full)
		require.NoError(t, err, header)
		assert.Equal(t, want.full, params["filename"])
		assert.Equal(t, "image/png", a.header.Get("Content-Type"))
	}
	for _, name := range []string{strings.Repeat("x", 256), "\xff"} {
		_, err := s.handler.URL(t.Context(), appA, strings.TrimPrefix(path, media.BasePath), time.Hour, name)
		assert.Error(t, err)
	}
}

// Only what browsers show in a sandbox is shown.
func TestWhatIsShown(t *testing.T) {
	s := newServer(t)
	anna, c := s.as(appA, "anna", "s1"), s.stranger()
	for content, want := range map[string][2]string{
		"GIF89a":           {"image/gif", "inline"},
		"\xff\xd8\xff\xe0": {"image/jpeg", "inline"},
		"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom": {"video/mp4", "inline"},
		"\x1a\x45\xdf\xa3":              {"video/webm", "inline"},
		"ID3\x04":                       {"audio/mpeg", "inline"},
		"RIFF\x00\x00\x00\x00WAVE":      {"audio/wave", "inline"},
		"OggS\x00":                      {"application/ogg", "inline"},
		"%PDF-1.7":                      {"application/pdf", "attachment"},
		"PK\x03\x04":                    {"application/zip", "attachment"},
		"<html><script>alert(1)":        {"application/octet-stream", "attachment"},
		"<svg xmlns='x' onload='x()'/>": {"application/octet-stream", "attachment"},
		"plain":                         {"text/plain; charset=utf-8", "attachment"},
	} {
		a := c.do("GET", s.url(anna.uploaded([]byte(content)), time.Hour, ""), nil)
		assert.Equal(t, want, [2]string{a.header.Get("Content-Type"), a.header.Get("Content-Disposition")}, "%q", content)
		assert.Equal(t, "sandbox; default-src 'none'", a.header.Get("Content-Security-Policy"))
		assert.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
	}
}

// A URL ends with the file that it names.
func TestURLsDoNotOutliveMedia(t *testing.T) {
	s := newServer(t, func(s *server) { s.maxAge = 10 * time.Minute })
	path := s.as(appA, "anna", "s1").uploaded(png)
	u, err := url.Parse(s.url(path, 7*24*time.Hour, ""))
	require.NoError(t, err)
	var expires int64
	_, err = fmt.Sscan(u.Query().Get("exp"), &expires)
	require.NoError(t, err)
	assert.LessOrEqual(t, expires, time.Now().Add(10*time.Minute).Unix())
	assert.Greater(t, expires, time.Now().Add(8*time.Minute).Unix())

	// A backend may have signed for longer: the browser is told when the file goes.
	far := grantFor(path)
	far.Expires = time.Now().Add(1000 * time.Hour)
	s.config.URLKeys = ownKeys{s}
	s.http.Close()
	require.NoError(t, s.media.Close())
	s.serve()
	a := s.stranger().do("GET", far.Sign(backendKey), nil)
	require.Equal(t, 200, a.status)
	age := 0
	_, err = fmt.Sscanf(a.header.Get("Cache-Control"), "private, max-age=%d,", &age)
	require.NoError(t, err)
	assert.LessOrEqual(t, age, 600)
}

// Requests by signed URLs have no session whose nine places they could take; they have those of
// the app.
func TestSignedRequestsCountForTheirApp(t *testing.T) {
	s := newServer(t, func(s *server) { s.config.Transfers, s.config.AppTransfers = 20, 10 })
	anna := s.as(appA, "anna", "s1")
	path := anna.uploaded(png)
	u := s.url(path, time.Hour, "")
	for range 9 {
		anna.created(10)
	}
	assert.Equal(t, 429, anna.do("GET", path, nil).status, "her places are taken")
	assert.Equal(t, 200, s.stranger().do("GET", u, nil).status)

	for range 10 {
		c := s.as(appA, "many", fmt.Sprint("s", time.Now().UnixNano()))
		p := c.created(1000)
		c.startPatch(p, 0).write([]byte("x"))
	}
	a := s.stranger().do("GET", u, nil)
	assert.Equal(t, 503, a.status)
	assert.Equal(t, "1", a.header.Get("Retry-After"))
	assert.Equal(t, 200, s.stranger().do("HEAD", u, nil).status, "it carries no content")
}

// keysAway cannot tell.
type keysAway struct{}

func (keysAway) Signing(context.Context) (mediaurl.Key, error) {
	return mediaurl.Key{}, errors.New("away")
}
func (keysAway) Find(context.Context, string) ([]byte, bool, error) {
	return nil, false, errors.New("away")
}
func (keysAway) Life() time.Duration { return time.Hour }

func TestKeysAway(t *testing.T) {
	s := newServer(t, func(s *server) { s.config.URLKeys = keysAway{} })
	path := s.as(appA, "anna", "s1").uploaded(png)
	_, err := s.handler.URL(t.Context(), appA, strings.TrimPrefix(path, media.BasePath), time.Hour, "")
	assert.ErrorContains(t, err, "away")
	a := s.stranger().do("GET", grantFor(path).Sign(backendKey), nil)
	assert.Equal(t, http.StatusServiceUnavailable, a.status, "a URL that may be good")
	assert.Equal(t, "1", a.header.Get("Retry-After"))
}
