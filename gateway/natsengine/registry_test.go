package natsengine

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway"
)

// always displaces a former session, never does not.
func always(r gateway.Record) func(*gateway.Record) (gateway.Record, error) {
	return func(*gateway.Record) (gateway.Record, error) { return r, nil }
}

func never(r gateway.Record) func(*gateway.Record) (gateway.Record, error) {
	return func(former *gateway.Record) (gateway.Record, error) {
		if former != nil {
			return r, gateway.ErrTaken
		}
		return r, nil
	}
}

func TestClaim(t *testing.T) {
	e := openEngine(t, Options{})
	ctx := t.Context()
	user := gateway.User{App: testApp, ID: "a.b *>"}
	first := gateway.Record{Session: "s1", Gateway: "g", Secret: [32]byte{1, 2, 3}, ResumeCredentialHash: [32]byte{4, 5, 6}, LineageID: "s0"}
	second := gateway.Record{Session: "s2", Gateway: "h", LineageID: "s2"}

	_, err := e.Lookup(ctx, user)
	require.ErrorIs(t, err, gateway.ErrNoSession)
	former, err := e.Claim(ctx, user, never(first))
	require.NoError(t, err)
	assert.Nil(t, former)
	got, err := e.Lookup(ctx, user)
	require.NoError(t, err)
	assert.Equal(t, first, got)

	_, err = e.Claim(ctx, user, never(second))
	require.ErrorIs(t, err, gateway.ErrTaken)
	former, err = e.Claim(ctx, user, always(second))
	require.NoError(t, err)
	assert.Equal(t, &first, former)

	require.NoError(t, e.Release(ctx, user, first), "not its any more")
	_, err = e.Lookup(ctx, user)
	require.NoError(t, err)
	require.NoError(t, e.Release(ctx, user, second))
	_, err = e.Lookup(ctx, user)
	require.ErrorIs(t, err, gateway.ErrNoSession)
	_, err = e.Claim(ctx, user, never(first))
	require.NoError(t, err, "free again")
}

// Of many claims at once each displaces another one, and one stands.
func TestConcurrentClaims(t *testing.T) {
	e := openEngine(t, Options{})
	user := gateway.User{App: testApp, ID: "ada"}
	const n = 12
	displaced := make(chan string, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			former, err := e.Claim(t.Context(), user, always(gateway.Record{Session: string(rune('a' + i))}))
			if assert.NoError(t, err) && former != nil {
				displaced <- former.Session
			}
		})
	}
	all.Wait()
	close(displaced)
	seen := map[string]bool{}
	for session := range displaced {
		assert.False(t, seen[session], "displaced twice")
		seen[session] = true
	}
	assert.Len(t, seen, n-1)
	last, err := e.Lookup(t.Context(), user)
	require.NoError(t, err)
	assert.False(t, seen[last.Session])
}

func TestAskNobodyIsAnsweredAtOnce(t *testing.T) {
	e := openEngine(t, Options{})
	answer := make(chan bool, 1)
	require.NoError(t, e.AskPeer(gateway.User{App: testApp, ID: "nobody"}, []byte("x"), time.Hour, func(ok bool) { answer <- ok }))
	select {
	case received := <-answer:
		assert.False(t, received)
	case <-time.After(time.Minute):
		require.Fail(t, "no answer")
	}
}

func TestSubjectsKeepOddIDsApart(t *testing.T) {
	seen := map[string]bool{}
	for _, channel := range []string{"a", "a.b", "*", ">", "\u2003", "A"} {
		for _, uid := range []string{"a", "b.a", ">"} {
			room := gateway.Room{App: testApp, Channel: channel}
			key := memberKey(room, uid)
			assert.False(t, seen[key])
			seen[key] = true
			r, u, ok := parseMemberKey(key)
			assert.True(t, ok)
			assert.Equal(t, room, r)
			assert.Equal(t, uid, u)
		}
	}
	for _, bad := range []string{"", "x", "x.y", "x.YQ.", "x.YQ.***"} {
		_, _, ok := parseMemberKey(bad)
		assert.False(t, ok, "%q", bad)
	}
}

func TestFolderBelongsToOneEngine(t *testing.T) {
	e := openEngine(t, Options{})
	_, err := Open(t.Context(), Options{Dir: e.opts.Dir})
	require.ErrorContains(t, err, "in use by another gateway")
}
