package media_test

import (
	"bytes"
	"context"
	"errors"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/media"
)

const (
	piece = 1 << 20
	quota = 5 * piece / 2 // two pieces and a half
)

func TestUserQuota(t *testing.T) {
	s := newServer(t, func(s *server) { s.config.UserBytes, s.config.UsageInterval = quota, time.Nanosecond })
	anna := s.as(appA, "anna", "s1")
	finished := anna.uploaded(randomBytes(1, piece))
	open := anna.created(piece)

	full := func(c *client) {
		t.Helper()
		a := c.create(piece)
		assert.Equal(t, 507, a.status)
		assert.Contains(t, string(a.body), "the files of this user may have 2621440 bytes in total")
		assert.Empty(t, a.header.Get("Location"))
	}
	full(anna)
	full(s.as(appA, "anna", "s2"))
	anna.findsRoom(piece / 2) // what fits is let in
	assert.Equal(t, 201, s.as(appA, "ben", "s3").create(piece).status, "another user")
	assert.Equal(t, 201, s.as(appB, "anna", "s4").create(piece).status, "another app's user of that name")

	s.stop()
	s.start()
	full(anna)
	anna.requireContent(finished, randomBytes(1, piece))
	require.Equal(t, 204, anna.patch(open, 0, bytes.NewReader(randomBytes(2, piece))).status, "what was let in goes on")
	s.handler.SessionEnded("s1") // its unfinished ones are removed, half a piece
	full(anna)
	anna.findsRoom(piece / 2)
}

// findsRoom waits for the next look at the store.
func (c *client) findsRoom(size int) {
	c.s.t.Helper()
	require.Eventually(c.s.t, func() bool { return c.create(size).status == 201 }, time.Minute, 10*time.Millisecond)
}

func TestAppQuota(t *testing.T) {
	s := newServer(t, func(s *server) { s.config.AppBytes, s.config.UsageInterval = quota, time.Nanosecond })
	path := s.as(appA, "anna", "s1").created(piece)
	s.as(appA, "ben", "s2").created(piece)
	a := s.as(appA, "cy", "s3").create(piece)
	assert.Equal(t, 507, a.status)
	assert.Contains(t, string(a.body), "this app")
	assert.Equal(t, 201, s.as(appB, "cy", "s4").create(piece).status)

	require.Equal(t, 204, s.as(appA, "anna", "s1").do("DELETE", path, nil).status)
	s.as(appA, "cy", "s3").findsRoom(piece)
}

// Between two looks at the store a gateway counts what it lets in itself; what another one
// does it learns with the next look.
func TestQuotaBetweenLooks(t *testing.T) {
	s := newServer(t)
	store := &lookedAt{Store: s.store}
	one, other := s.beside(store).as(appA, "anna", "s1"), s.beside(store).as(appA, "anna", "s2")
	one.created(piece)
	assert.EqualValues(t, 2, store.looks.Load(), "at the user and the app")
	store.fail.Store(true)
	one.created(piece)
	assert.Equal(t, 507, one.create(piece).status)
	assert.Equal(t, 503, other.create(piece).status, "it can't tell")
	store.fail.Store(false)
	assert.Equal(t, 507, other.create(piece).status)
	assert.EqualValues(t, 4, store.looks.Load())
}

// A creation that fails takes nothing of the quota.
func TestQuotaIsGivenBack(t *testing.T) {
	s := newServer(t)
	store := &lookedAt{Store: s.store}
	anna := s.beside(store).as(appA, "anna", "s1")
	store.failCreate.Store(true)
	for range 5 {
		require.Equal(t, 503, anna.create(piece).status)
	}
	store.failCreate.Store(false)
	anna.created(piece)
	anna.created(piece)
	assert.Equal(t, 507, anna.create(piece).status)
}

// beside is another gateway's media part on the same engine, with quotas.
func (s *server) beside(store media.Store) *server {
	h, err := media.New(media.Config{Store: store, Auth: credentials{}, UserBytes: quota, AppBytes: quota, UsageInterval: time.Hour})
	require.NoError(s.t, err)
	other := &server{t: s.t, http: httptest.NewServer(h)}
	s.t.Cleanup(other.http.Close)
	return other
}

// lookedAt counts the questions for usage.
type lookedAt struct {
	media.Store
	looks            atomic.Int32
	fail, failCreate atomic.Bool
}

func (s *lookedAt) Usage(ctx context.Context, app, uid string) (int64, error) {
	s.looks.Add(1)
	if s.fail.Load() {
		return 0, errors.New("away")
	}
	return s.Store.Usage(ctx, app, uid)
}

func (s *lookedAt) Create(ctx context.Context, info media.Info) (media.Info, error) {
	if s.failCreate.Load() {
		return media.Info{}, errors.New("away")
	}
	return s.Store.Create(ctx, info)
}
