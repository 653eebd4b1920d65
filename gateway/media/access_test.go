package media_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/media"
)

func TestEveryRequestNeedsACredential(t *testing.T) {
	s := newServer(t)
	path := s.as(appA, "anna", "s1").uploaded([]byte("abc"))
	nobody := &client{s: s}
	for _, header := range [][]string{nil, {"Authorization", "Bearer wrong"}, {"Authorization", "Basic YTpi"}, {"Authorization", "Bearer "}} {
		for method, path := range map[string]string{"GET": path, "HEAD": path, "PATCH": path, "DELETE": path, "POST": "/media/"} {
			a := nobody.do(method, path, nil, header...)
			assert.Equal(t, 401, a.status, method)
			assert.Equal(t, "Bearer", a.header.Get("WWW-Authenticate"))
		}
	}
}

type brokenAuth struct{}

func (brokenAuth) Authenticate(context.Context, string) (media.Principal, error) {
	return media.Principal{}, errors.New("no connection")
}

func TestAuthenticatorThatCannotTell(t *testing.T) {
	s := newServer(t, func(s *server) { s.config.Auth = brokenAuth{} })
	assert.Equal(t, 503, s.as(appA, "anna", "s1").create(5).status)
}

func TestAppsDoNotSeeEachOther(t *testing.T) {
	s := newServer(t)
	anna, bea, other := s.as(appA, "anna", "s1"), s.as(appA, "bea", "s2"), s.as(appB, "anna", "s3")
	finished, unfinished := anna.uploaded([]byte("abc")), anna.created(10)
	unknown := "/media/" + strings.Repeat("0", 64)

	bea.requireContent(finished, []byte("abc"))

	same := other.do("GET", unknown, nil)
	require.Equal(t, 404, same.status)
	for _, a := range []answer{
		other.do("GET", finished, nil),
		other.do("GET", unfinished, nil),
		bea.do("GET", unfinished, nil),
		anna.do("GET", unfinished, nil),
		other.do("GET", "/media/xyz", nil),
		other.do("GET", "/media/"+strings.Repeat("A", 64), nil),
	} {
		assert.Equal(t, 404, a.status)
		assert.Equal(t, same.body, a.body)
		for _, h := range []http.Header{a.header, same.header} {
			h.Del("Date")
			h.Del("X-Request-Id")
		}
		assert.Equal(t, same.header, a.header)
	}
}

func TestAnUploadIsItsUsers(t *testing.T) {
	s := newServer(t)
	anna := s.as(appA, "anna", "s1")
	path := anna.created(10)
	for _, c := range []*client{s.as(appA, "bea", "s2"), s.as(appB, "anna", "s3")} {
		unknown := c.patch("/media/"+strings.Repeat("0", 64), 0, strings.NewReader("abc"))
		a := c.patch(path, 0, strings.NewReader("abc"))
		assert.Equal(t, 404, a.status)
		assert.Equal(t, unknown.body, a.body)
		assert.Equal(t, 404, c.do("HEAD", path, nil).status)
		assert.Equal(t, 404, c.do("DELETE", path, nil).status)
	}
	assert.Equal(t, 0, anna.offset(path))
}

func TestLogHoldsNoCredential(t *testing.T) {
	var log bytes.Buffer
	s := newServer(t, func(s *server) {
		s.config.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	c := s.as(appA, "anna", "verysecret")
	path := c.uploaded([]byte("abc"))
	c.do("GET", path, nil)
	c.do("PATCH", path, nil)
	s.http.Close()
	assert.Contains(t, log.String(), "tus: UploadCreated")
	assert.NotContains(t, log.String(), "verysecret")
}
