package media_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/media"
)

// checking is a Checker that takes longer than a request waits.
type checking struct{ outcome error }

func (c checking) Check(ctx context.Context, _ media.Info, _ io.ReaderAt) error {
	wait := time.NewTimer(300 * time.Millisecond)
	defer wait.Stop()
	select {
	case <-wait.C:
		return c.outcome
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (checking) Ready() error { return nil }

// lateStore is a Store, and the Checker of its files. The first check ends when a request adds the last byte
// during it, and that request comes to the Store after the check.
type lateStore struct {
	media.Store
	outcome error // of the first check; later ones find nothing
	checks  atomic.Int64
	late    chan struct{} // closed when such a request has come
}

func (s *lateStore) Append(ctx context.Context, info media.Info, src io.Reader) (media.Info, error) {
	if info.Offset == info.Size-1 && s.BeingChecked(info.Ref) && s.checks.Load() == 1 {
		close(s.late)
		for s.BeingChecked(info.Ref) {
			time.Sleep(time.Millisecond)
		}
	}
	return s.Store.Append(ctx, info, src)
}

func (s *lateStore) Check(ctx context.Context, _ media.Info, _ io.ReaderAt) error {
	if s.checks.Add(1) > 1 {
		return nil
	}
	select {
	case <-s.late:
		return s.outcome
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (*lateStore) Ready() error { return nil }

var backend = media.Principal{App: appA, UID: "anna"}

// requireNothingLeft looks whether an upload left anything behind.
func (s *server) requireNothingLeft() {
	s.t.Helper()
	refs, err := s.media.Unfinished(s.t.Context(), "")
	require.NoError(s.t, err)
	require.Empty(s.t, refs)
	used, err := s.media.Usage(s.t.Context(), appA, "")
	require.NoError(s.t, err)
	require.Zero(s.t, used)
	require.Zero(s.t, s.leftFiles())
}

func TestPut(t *testing.T) {
	content := randomBytes(1, 300<<10)
	put := func(s *server, size int, content []byte) (media.Info, error) {
		return s.handler.Put(t.Context(), backend, "a.bin", int64(size), bytes.NewReader(content))
	}
	t.Run("is read by users of the app", func(t *testing.T) {
		s := newServer(t)
		info, err := put(s, len(content), content)
		require.NoError(t, err)
		assert.Equal(t, "a.bin", info.FileName())
		s.as(appA, "ben", "s1").requireContent(media.BasePath+info.Key, content)
		require.NoError(t, s.handler.Remove(t.Context(), appA, info.Key))
		s.requireNothingLeft()
	})
	t.Run("is checked for longer than a request waits", func(t *testing.T) {
		s := newServer(t, slowly, func(s *server) { s.checker = checking{} })
		info, err := put(s, len(content), content)
		require.NoError(t, err)
		s.as(appA, "anna", "s1").requireContent(media.BasePath+info.Key, content)
	})
	t.Run("is rejected", func(t *testing.T) {
		s := newServer(t, slowly, func(s *server) { s.checker = checking{&media.Rejected{Reason: "bad"}} })
		_, err := put(s, len(content), content)
		require.ErrorAs(t, err, new(*media.Rejected))
		s.requireNothingLeft()
	})
	for name, outcome := range map[string]error{
		"is finished": nil,
		"is rejected": &media.Rejected{Reason: "bad"},
		"fails once":  errors.New("the scanner is away"),
	} {
		t.Run("is waiting when its check "+name, func(t *testing.T) {
			late := &lateStore{outcome: outcome, late: make(chan struct{})}
			s := newServer(t, slowly, func(s *server) {
				s.checker = late
				s.wrapStore = func(store media.Store) media.Store { late.Store = store; return late }
			})
			info, err := put(s, len(content), content)
			if name == "is rejected" {
				require.ErrorAs(t, err, new(*media.Rejected))
				s.requireNothingLeft()
				return
			}
			require.NoError(t, err)
			s.as(appA, "anna", "s1").requireContent(media.BasePath+info.Key, content)
		})
	}
	t.Run("is cut short", func(t *testing.T) {
		s := newServer(t)
		_, err := put(s, len(content)+1, content)
		require.ErrorIs(t, err, media.ErrCutShort)
		s.requireNothingLeft()
	})
	t.Run("is over a quota", func(t *testing.T) {
		s := newServer(t, func(s *server) { s.config.UserBytes = int64(len(content)) + 100 })
		_, err := put(s, len(content), content)
		require.NoError(t, err)
		_, err = put(s, 101, content[:101])
		require.ErrorIs(t, err, media.ErrQuota)
	})
	t.Run("finds all places taken", func(t *testing.T) {
		s := newServer(t, func(s *server) { s.config.Busy = func() bool { return true } })
		_, err := put(s, len(content), content)
		require.ErrorIs(t, err, media.ErrBusy)
	})
}
