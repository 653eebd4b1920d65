package natsengine

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway"
)

// Events are given once each, oldest first, however many read; of more than are kept the oldest go.
func TestEventsAreTakenOnce(t *testing.T) {
	e := openEngine(t, Options{Dir: t.TempDir(), Events: true})
	events := e.Events()
	const app, other = "0123456789abcdef0123456789abcdef", "ffffffffffffffffffffffffffffffff"
	tell := func(app string, n int) {
		events.Tell(gateway.SessionEvent{Kind: gateway.LoggedIn, User: gateway.User{App: app, ID: fmt.Sprint(n)}, At: time.UnixMilli(1700000000000 + int64(n))})
	}
	kept := func(want uint64) bool {
		stream, err := e.js.Stream(t.Context(), userEventStream)
		require.NoError(t, err)
		return stream.CachedInfo().State.Msgs == want
	}
	none, err := events.TakeUserEvents(t.Context(), app, 1000)
	require.NoError(t, err)
	assert.Empty(t, none)
	for n := range MaxEvents + 5 {
		tell(app, n)
	}
	tell(other, 0)
	require.Eventually(t, func() bool { return kept(MaxEvents + 1) }, time.Minute, 10*time.Millisecond)

	var mu sync.Mutex
	var all []gateway.SessionEvent
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			got, err := events.TakeUserEvents(t.Context(), app, 700)
			assert.NoError(t, err)
			for i := 1; i < len(got); i++ {
				assert.True(t, got[i-1].At.Before(got[i].At), "oldest first")
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, got...)
		})
	}
	readers.Wait()
	seen := map[string]bool{}
	for _, e := range all {
		assert.False(t, seen[e.User.ID], "%s was given twice", e.User.ID)
		seen[e.User.ID] = true
		assert.Equal(t, gateway.LoggedIn, e.Kind)
		assert.Equal(t, app, e.User.App)
	}
	assert.Len(t, seen, MaxEvents)
	for n := range 5 {
		assert.False(t, seen[fmt.Sprint(n)], "the oldest are gone")
	}
	theirs, err := events.TakeUserEvents(t.Context(), other, 1000)
	require.NoError(t, err)
	assert.Len(t, theirs, 1)
	again, err := events.TakeUserEvents(t.Context(), app, 1000)
	require.NoError(t, err)
	assert.Empty(t, again)
}

// Without the setting there are neither streams nor events.
func TestEventsAreKeptWhereAskedFor(t *testing.T) {
	e := openEngine(t, Options{Dir: t.TempDir()})
	assert.Nil(t, e.Events())
	_, err := e.js.Stream(t.Context(), userEventStream)
	assert.Error(t, err)
}
