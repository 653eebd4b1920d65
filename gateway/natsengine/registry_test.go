package natsengine

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/session"
)

// always displaces a former session, never does not.
func always(r session.Record) func(*session.Record) (session.Record, error) {
	return func(*session.Record) (session.Record, error) { return r, nil }
}

func never(r session.Record) func(*session.Record) (session.Record, error) {
	return func(former *session.Record) (session.Record, error) {
		if former != nil {
			return r, session.ErrTaken
		}
		return r, nil
	}
}

func TestClaim(t *testing.T) {
	e := openEngine(t, Options{})
	ctx := t.Context()
	user := id.User{App: testApp, ID: "a.b *>"}
	first := session.Record{Session: "s1", Gateway: "g", Secret: [32]byte{1, 2, 3}, ResumeCredentialHash: [32]byte{4, 5, 6}, LineageID: "s0"}
	second := session.Record{Session: "s2", Gateway: "h", LineageID: "s2"}

	_, err := e.Lookup(ctx, user)
	require.ErrorIs(t, err, session.ErrNoSession)
	former, err := e.Claim(ctx, user, never(first))
	require.NoError(t, err)
	assert.Nil(t, former)
	got, err := e.Lookup(ctx, user)
	require.NoError(t, err)
	assert.Equal(t, first, got)

	_, err = e.Claim(ctx, user, never(second))
	require.ErrorIs(t, err, session.ErrTaken)
	former, err = e.Claim(ctx, user, always(second))
	require.NoError(t, err)
	assert.Equal(t, &first, former)

	mustRelease(t, e, user, first) // not its any more
	_, err = e.Lookup(ctx, user)
	require.NoError(t, err)
	mustRelease(t, e, user, second)
	_, err = e.Lookup(ctx, user)
	require.ErrorIs(t, err, session.ErrNoSession)
	_, err = e.Claim(ctx, user, never(first))
	require.NoError(t, err, "free again")
}

// Of many claims at once each displaces another one, and one stands.
func TestConcurrentClaims(t *testing.T) {
	e := openEngine(t, Options{})
	user := id.User{App: testApp, ID: "ada"}
	const n = 12
	displaced := make(chan string, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			former, err := e.Claim(t.Context(), user, always(session.Record{Session: string(rune('a' + i))}))
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
	require.NoError(t, e.SendToPeer(id.User{App: testApp, ID: "nobody"}, []byte("x"), time.Hour, func(ok bool) { answer <- ok }))
	select {
	case received := <-answer:
		assert.False(t, received)
	case <-time.After(time.Minute):
		require.Fail(t, "no answer")
	}
}

func TestSubjectsKeepOddIDsApart(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range []string{"a", "a.b", "*", ">", "\u2003", "A"} {
		for _, uid := range []string{"a", "b.a", ">"} {
			m := channel.Member{Channel: channel.ID{App: testApp, Channel: name}, UID: uid, Gateway: "g"}
			key := memberKey(m)
			assert.False(t, seen[key])
			seen[key] = true
			got, ok := readMember(record{key: key, gone: true})
			assert.True(t, ok)
			assert.Equal(t, m, got)
		}
	}
	for _, bad := range []string{"", "x", "x.y", "g.x.YQ.A.B.", "g.x.YQ.A.B.***", "g.x..A.B.YQ", "g.x.YQ.A.B.YQ.YQ"} {
		_, ok := readMember(record{key: bad, gone: true})
		assert.False(t, ok, "%q", bad)
	}
}

func TestFolderBelongsToOneEngine(t *testing.T) {
	e := openEngine(t, Options{})
	_, err := Open(t.Context(), Options{Dir: e.opts.Dir})
	require.ErrorContains(t, err, "in use by another gateway")
}

func mustRelease(t testing.TB, e *Engine, user id.User, ended session.Record) {
	_, err := e.Release(t.Context(), user, ended)
	require.NoError(t, err)
}

// Who releases a session learns which one is there instead.
func TestReleaseTellsWhatIsThere(t *testing.T) {
	e := openEngine(t, Options{})
	user := id.User{App: testApp, ID: "ada"}
	first, second := session.Record{Session: "s1", LineageID: "s1", Gateway: "g"}, session.Record{Session: "s2", LineageID: "s1", Gateway: "h"}
	for _, r := range []session.Record{first, second} {
		_, err := e.Claim(t.Context(), user, always(r))
		require.NoError(t, err)
	}
	instead, err := e.Release(t.Context(), user, first)
	require.NoError(t, err)
	assert.Equal(t, &second, instead)
	for range 2 {
		instead, err = e.Release(t.Context(), user, second)
		require.NoError(t, err)
		assert.Nil(t, instead)
	}
	_, err = e.Lookup(t.Context(), user)
	assert.ErrorIs(t, err, session.ErrNoSession)
}
