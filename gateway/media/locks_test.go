package media

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tus/tusd/v2/pkg/handler"
)

// Two wait for a lock. It goes to the newer one; the older one, whose client has given it
// up, neither gets it first nor takes it away.
func TestTheNewestGetsTheLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLocks()
		var asked []string
		ask := func(name string) func() { return func() { asked = append(asked, name) } }
		require.NoError(t, l.acquire(t.Context(), "key", ask("first")))
		got := map[string]chan error{}
		for _, name := range []string{"older", "newer"} {
			got[name] = make(chan error, 1)
			go func() { got[name] <- l.acquire(t.Context(), "key", ask(name)) }()
			synctest.Wait()
		}
		assert.Equal(t, []string{"first", "first"}, asked)
		require.ErrorIs(t, <-got["older"], handler.ErrFileLocked)
		l.release("key")
		require.NoError(t, <-got["newer"])
		assert.Equal(t, []string{"first", "first"}, asked, "nobody asks the newer one")
		l.release("key")
		assert.Empty(t, l.held)
	})
}

func TestTheWaitForALockEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLocks()
		require.NoError(t, l.acquire(t.Context(), "key", func() {}))
		ctx, cancel := context.WithTimeout(t.Context(), lockTimeout)
		defer cancel()
		require.ErrorIs(t, l.acquire(ctx, "key", func() {}), handler.ErrFileLocked)
		l.release("key")
		require.NoError(t, l.acquire(t.Context(), "key", func() {}), "who gave up is not waited for")
		l.release("key")
		assert.Empty(t, l.held)
		assert.Empty(t, l.waiting)
	})
}

// Somebody elsewhere is newer than who has the lock, and than who waits for it.
func TestALockIsClearedForSomebodyElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLocks()
		require.NoError(t, l.clear(t.Context(), "key"), "nobody has it")
		asked := make(chan struct{}, 1)
		require.NoError(t, l.acquire(t.Context(), "key", func() { asked <- struct{}{} }))
		waits := make(chan error, 1)
		go func() { waits <- l.acquire(t.Context(), "key", func() {}) }()
		synctest.Wait()
		<-asked

		cleared := make(chan error, 1)
		go func() { cleared <- l.clear(t.Context(), "key") }()
		synctest.Wait()
		<-asked
		require.ErrorIs(t, <-waits, handler.ErrFileLocked)
		assert.Empty(t, cleared, "it is still held")
		l.release("key")
		require.NoError(t, <-cleared)
		assert.Empty(t, l.held)
		assert.Empty(t, l.waiting)

		require.NoError(t, l.acquire(t.Context(), "key", func() {}))
		ctx, cancel := context.WithTimeout(t.Context(), lockTimeout)
		defer cancel()
		require.ErrorIs(t, l.clear(ctx, "key"), context.DeadlineExceeded)
	})
}
