package rest_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway"
	"rtmwasm/gateway/media"
	"rtmwasm/gateway/rest"
)

// shelf is a Media that fails as it is told.
type shelf struct {
	rest.Media
	putTime   time.Duration // from the end of the content to that of Put
	putError  error
	lookError error
	files     int
}

func (s *shelf) Put(_ context.Context, who media.Principal, _ string, size int64, content io.Reader) (media.Info, error) {
	if _, err := io.CopyN(io.Discard, content, size); err != nil { // it reads no further
		return media.Info{}, err
	}
	time.Sleep(s.putTime)
	if s.putError != nil {
		return media.Info{}, s.putError
	}
	s.files++
	return media.Info{Ref: media.Ref{App: who.App, Key: strings.Repeat("a", 64)}, UID: who.UID, Size: size}, nil
}

func (s *shelf) PictureSize(context.Context, string, string) (width, height uint32, err error) {
	return 0, 0, s.lookError
}

func (s *shelf) Remove(ctx context.Context, _, _ string) error {
	s.files--
	return ctx.Err()
}

// clocked is an http.ResponseWriter whose connection breaks at its deadline.
type clocked struct {
	*httptest.ResponseRecorder
	t        *testing.T
	deadline time.Time // zero means none
}

func (c *clocked) SetReadDeadline(time.Time) error { return nil }

func (c *clocked) SetWriteDeadline(at time.Time) error {
	c.requireOpen()
	c.deadline = at
	return nil
}

func (c *clocked) requireOpen() {
	require.True(c.t, c.deadline.IsZero() || time.Now().Before(c.deadline), "the deadline has passed")
}

func (c *clocked) WriteHeader(status int) {
	c.requireOpen()
	c.ResponseRecorder.WriteHeader(status)
}

// postFile uploads a file to a shelf.
func postFile(t *testing.T, s *shelf) *clocked {
	apps := &gateway.Apps{}
	require.NoError(t, apps.Add(app, certificate))
	handler, err := rest.New(rest.Config{
		Apps: apps, Bus: &bus{}, Control: struct{ rest.Control }{}, Media: s,
		Keys: []rest.Key{{ID: key, Secret: secret}}, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	r := httptest.NewRequest(http.MethodPost, rest.ControlPrefix+app+"/media?user_id=anna", strings.NewReader("a file"))
	r.SetBasicAuth(key, secret)
	w := &clocked{ResponseRecorder: httptest.NewRecorder(), t: t}
	handler.ServeHTTP(w, r)
	return w
}

func TestUploadWhoseCheckTakesLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := postFile(t, &shelf{putTime: 100 * time.Second})
		assert.Equal(t, http.StatusOK, w.Code)
		assert.False(t, w.deadline.IsZero(), "the answer itself has a bound")
	})
}

func TestUploadFailures(t *testing.T) {
	for name, c := range map[string]struct {
		shelf  shelf
		status int
	}{
		"no room":                  {shelf{putError: errors.Join(errors.New("disk"), media.ErrFull)}, http.StatusServiceUnavailable},
		"nobody can check it":      {shelf{putError: errors.Join(media.ErrUnchecked, errors.New("away"))}, http.StatusServiceUnavailable},
		"cut short":                {shelf{putError: media.ErrCutShort}, http.StatusBadRequest},
		"it cannot be read":        {shelf{lookError: errors.New("disk")}, http.StatusInternalServerError},
		"it has just been removed": {shelf{lookError: media.ErrNotFound}, http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			w := postFile(t, &c.shelf)
			assert.Equal(t, c.status, w.Code)
			assert.Equal(t, c.status == http.StatusServiceUnavailable, w.Header().Get("Retry-After") != "")
			assert.Zero(t, c.shelf.files, "who tries again would have it twice")
		})
	}
}
