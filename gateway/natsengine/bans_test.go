package natsengine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/id"
	"rtmwasm/gateway/session"
)

func followAllBans(t *testing.T, e *Engine) <-chan session.Ban {
	heard := make(chan session.Ban, 100)
	stop, err := e.FollowBans(t.Context(), func(b session.Ban) { heard <- b })
	require.NoError(t, err)
	t.Cleanup(stop)
	return heard
}

func nextBan(t *testing.T, heard <-chan session.Ban) session.Ban {
	t.Helper()
	select {
	case b := <-heard:
		return b
	case <-time.After(time.Minute):
		require.Fail(t, "nothing was told")
		return session.Ban{}
	}
}

func TestBans(t *testing.T) {
	dir := t.TempDir()
	e, err := Open(t.Context(), Options{Dir: dir})
	require.NoError(t, err)
	now := time.Now().Truncate(time.Second).UTC()
	long := session.Ban{User: id.User{App: "a", ID: "x.y *"}, Until: now.Add(time.Hour), Made: now, Reason: "why"}
	short := session.Ban{User: id.User{App: "a", ID: "short"}, Until: now.Add(2 * time.Second), Made: now}
	lifted := session.Ban{User: id.User{App: "b", ID: "lifted"}, Until: now.Add(time.Hour), Made: now}
	require.NoError(t, e.Ban(t.Context(), session.Ban{User: long.User, Until: now.Add(time.Minute), Made: now})) // is replaced
	require.NoError(t, e.Ban(t.Context(), long))

	heard := followAllBans(t, e)
	assert.Equal(t, long, nextBan(t, heard), "what there is comes first")
	require.NoError(t, e.Ban(t.Context(), lifted))
	assert.Equal(t, lifted, nextBan(t, heard)) // before it is lifted: only the last state of a user is sure to be told
	require.NoError(t, e.Unban(t.Context(), lifted.User))
	assert.Equal(t, session.Ban{User: lifted.User}, nextBan(t, heard))
	require.NoError(t, e.Ban(t.Context(), short))
	end := nextBan(t, heard)
	if end == short { // else its time was over before it was heard of
		end = nextBan(t, heard)
	}
	assert.Equal(t, session.Ban{User: short.User}, end, "its time is over")

	page, more, err := e.Bans(t.Context(), "a", "", 10)
	require.NoError(t, err)
	assert.Equal(t, []session.Ban{long}, page)
	assert.False(t, more)
	e.Close()

	again := openEngine(t, Options{Dir: dir})
	found, ok, err := again.FindBan(t.Context(), long.User)
	require.NoError(t, err)
	assert.True(t, ok, "it outlives a restart")
	assert.Equal(t, long, found)
	for _, user := range []id.User{short.User, lifted.User, {App: "a", ID: "nobody"}} {
		_, ok, err := again.FindBan(t.Context(), user)
		require.NoError(t, err)
		assert.False(t, ok)
	}
	assert.Equal(t, long, nextBan(t, followAllBans(t, again)))
}

func TestEvictionText(t *testing.T) {
	for _, e := range []session.Eviction{{Session: "s"}, {Session: "s", Moved: true}, {Session: "s", Moved: true, LastSeq: 7}, {Session: "s", Kicked: true}} {
		got, err := decodeEviction(encodeEviction(e))
		require.NoError(t, err)
		assert.Equal(t, e, got)
	}
}
