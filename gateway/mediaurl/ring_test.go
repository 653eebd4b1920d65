package mediaurl_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/gateway/mediaurl"
)

// shelf is a Store in memory, whose loads and saves may fail or take time.
type shelf struct {
	mu       sync.Mutex
	value    []byte
	revision uint64
	loads    int
	away     error
	slow     time.Duration
}

func (s *shelf) Load(ctx context.Context) ([]byte, uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loads++
	value, revision := s.value, s.revision
	s.mu.Unlock()
	time.Sleep(s.slow)
	s.mu.Lock()
	return value, revision, errors.Join(s.away, ctx.Err())
}

func (s *shelf) Save(_ context.Context, value []byte, revision uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.away != nil:
		return s.away
	case revision != s.revision:
		return mediaurl.ErrConflict
	}
	s.value, s.revision = value, revision+1
	return nil
}

func signing(t *testing.T, r *mediaurl.Ring) mediaurl.Key {
	t.Helper()
	key, err := r.Signing(t.Context())
	require.NoError(t, err)
	return key
}

func requireFound(t *testing.T, r *mediaurl.Ring, key mediaurl.Key, want bool) {
	t.Helper()
	secret, ok, err := r.Find(t.Context(), key.ID)
	require.NoError(t, err)
	require.Equal(t, want, ok)
	if ok {
		require.Equal(t, key.Secret, secret)
	}
}

// A client that hangs up during a look takes nothing from those who wait for it, too.
func TestALookIsForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &shelf{}
		r := mediaurl.NewRing(store, nil, 0)
		_, _, err := r.Find(t.Context(), "made-up") // the next look is due in a second
		require.NoError(t, err)
		key := signing(t, mediaurl.NewRing(store, nil, 0))
		store.slow = 100 * time.Millisecond
		ctx, hangUp := context.WithCancel(t.Context())
		time.AfterFunc(time.Second+50*time.Millisecond, hangUp) // while it is under way
		go func() { _, _, _ = r.Find(ctx, "made-up") }()
		time.Sleep(500 * time.Millisecond)
		requireFound(t, r, key, true)
		synctest.Wait()
	})
}

func TestKeysRotate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &shelf{}
		a, b := mediaurl.NewRing(store, nil, 0), mediaurl.NewRing(store, nil, 0)
		first := signing(t, a)
		assert.GreaterOrEqual(t, len(first.Secret), mediaurl.MinSecret)
		assert.Equal(t, first, signing(t, b), "what one gateway drew is the other's")
		assert.Equal(t, uint64(1), store.revision)

		time.Sleep(mediaurl.RotateEvery - time.Second)
		assert.Equal(t, first, signing(t, a))
		time.Sleep(time.Second)
		second := signing(t, b)
		assert.NotEqual(t, first.ID, second.ID)
		assert.NotEqual(t, first.Secret, second.Secret)
		requireFound(t, a, second, true) // which has not asked for it before
		requireFound(t, a, first, true)
		assert.Equal(t, second, signing(t, a))

		// The last URL that the first key may have signed ends a day and a media's life later.
		time.Sleep(24*time.Hour + core.MediaLifetime)
		requireFound(t, a, first, true)
		requireFound(t, b, first, true)
		time.Sleep(2 * time.Hour)
		requireFound(t, a, first, false)
		third := signing(t, b)
		assert.NotEqual(t, second, third)
		assert.NotContains(t, string(store.value), first.ID, "it is no longer kept")
		assert.Contains(t, string(store.value), second.ID)
	})
}

// Gateways that need a key at the same moment agree on one.
func TestOneKeyIsDrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &shelf{slow: time.Millisecond}
		var rings []*mediaurl.Ring
		for range 5 {
			rings = append(rings, mediaurl.NewRing(store, nil, 0))
		}
		for range 2 {
			keys := make([]mediaurl.Key, 50)
			var all sync.WaitGroup
			for i := range keys {
				all.Go(func() { keys[i] = signing(t, rings[i%len(rings)]) })
			}
			all.Wait()
			for _, key := range keys {
				assert.Equal(t, keys[0], key)
			}
			time.Sleep(mediaurl.RotateEvery)
		}
		assert.Equal(t, uint64(2), store.revision)
		assert.LessOrEqual(t, store.loads, 2*2*len(rings), "of many who ask, one looks")
	})
}

func TestUnknownKeysAreLookedForOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &shelf{}
		ring := mediaurl.NewRing(store, nil, 0)
		signing(t, ring)
		before := store.loads
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() { requireFound(t, ring, mediaurl.Key{ID: "madeup"}, false) })
		}
		all.Wait()
		assert.Equal(t, before+1, store.loads)

		// One that another gateway draws right after a look is found all the same.
		time.Sleep(mediaurl.RotateEvery)
		requireFound(t, ring, mediaurl.Key{ID: "madeup"}, false)
		drawn := signing(t, mediaurl.NewRing(store, nil, 0))
		requireFound(t, ring, drawn, true)
	})
}

func TestStoreAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		away := errors.New("away")
		store := &shelf{away: away}
		ring := mediaurl.NewRing(store, nil, 0)
		_, err := ring.Signing(t.Context())
		assert.ErrorIs(t, err, away)
		_, _, err = ring.Find(t.Context(), "any")
		assert.ErrorIs(t, err, away, "it cannot tell whether there is such a key")

		store.away = nil
		key := signing(t, ring)
		store.away = away
		requireFound(t, ring, key, true)
		time.Sleep(mediaurl.RotateEvery + 23*time.Hour)
		before := store.loads
		for range 10 {
			assert.Equal(t, key, signing(t, ring), "it signs for a day more when no other can be drawn")
		}
		assert.Equal(t, before+1, store.loads, "and the store is asked once a minute")
		time.Sleep(time.Hour)
		_, err = ring.Signing(t.Context())
		assert.ErrorIs(t, err, away)
		requireFound(t, ring, key, true)

		store.away = nil
		assert.NotEqual(t, key, signing(t, ring))
	})
}

func TestMalformedStore(t *testing.T) {
	for _, value := range []string{"x", `[{"id":"a","secret":"eA==","created":1}]`, `[{"id":"","secret":"eA==","created":1}]`} {
		_, err := mediaurl.NewRing(&shelf{value: []byte(value), revision: 1}, nil, 0).Signing(t.Context())
		assert.Error(t, err, value)
	}
}

func TestOwnKeys(t *testing.T) {
	one, two := mediaurl.Key{ID: "one", Secret: []byte(strings.Repeat("1", 32))}, mediaurl.Key{ID: "two", Secret: []byte(strings.Repeat("2", 32))}
	store := &shelf{}
	ring := mediaurl.NewRing(store, []mediaurl.Key{one, two}, 0)
	assert.Equal(t, one, signing(t, ring))
	requireFound(t, ring, one, true)
	requireFound(t, ring, two, true)
	assert.Zero(t, store.loads)

	drawn := signing(t, mediaurl.NewRing(store, nil, 0)) // of a gateway without keys of its own
	requireFound(t, ring, drawn, true)
}
