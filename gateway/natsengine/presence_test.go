package natsengine

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/id"
	"rtmwasm/gateway/presence"
	"rtmwasm/gateway/session"
)

// follow returns what a feed tells of some users.
func follow(t *testing.T, e *Engine, users ...id.User) <-chan presence.Event {
	t.Helper()
	seen := make(chan presence.Event, 8)
	feed, err := e.FeedPresence(func(event presence.Event) { seen <- event }, func() {})
	require.NoError(t, err)
	t.Cleanup(feed.Close)
	for _, user := range users {
		require.NoError(t, feed.Follow(user))
		require.NoError(t, feed.Follow(user), "once more")
	}
	return seen
}

func TestPresence(t *testing.T) {
	e := openEngine(t, Options{})
	ctx := t.Context()
	ada, bob, eve := id.User{App: testApp, ID: "a.d a"}, id.User{App: testApp, ID: "bob"}, id.User{App: testApp, ID: "eve"}
	seen := follow(t, e, ada, bob)
	last := uint64(0)
	saw := func(state presence.State) {
		t.Helper()
		select {
		case event := <-seen:
			assert.Equal(t, ada, event.User)
			assert.Equal(t, state, event.State)
			assert.Greater(t, event.Revision, last)
			last = event.Revision
		case <-time.After(time.Minute):
			require.Fail(t, "nothing was seen")
		}
	}
	look := func() presence.Event {
		found, err := e.LookUpPresence(ctx, []id.User{bob, ada})
		require.NoError(t, err)
		assert.Equal(t, bob, found[0].User)
		assert.Equal(t, presence.Offline, found[0].State)
		assert.GreaterOrEqual(t, found[0].Revision, last, "offline up to now")
		return found[1]
	}
	record := session.Record{Session: "s1", LineageID: "s0", Gateway: "g", Secret: [32]byte{1}, ResumeCredentialHash: [32]byte{2}}
	_, err := e.Claim(ctx, ada, always(record))
	require.NoError(t, err)
	saw(presence.Online)
	require.NoError(t, e.SetPresence(ctx, ada, "another session", presence.Unreachable))
	require.NoError(t, e.SetPresence(ctx, ada, "s1", presence.Unreachable))
	saw(presence.Unreachable)
	assert.Equal(t, presence.Event{User: ada, State: presence.Unreachable, Revision: last}, look())
	stored, err := e.Lookup(ctx, ada)
	require.NoError(t, err)
	assert.Equal(t, record, stored, "all else stays")
	require.NoError(t, e.SetPresence(ctx, ada, "s1", presence.Online))
	saw(presence.Online)
	require.NoError(t, e.SetPresence(ctx, ada, "s1", presence.Unreachable))
	saw(presence.Unreachable)
	_, err = e.Claim(ctx, ada, always(session.Record{Session: "s2", LineageID: "s2", Gateway: "h"}))
	require.NoError(t, err)
	saw(presence.Online)
	_, err = e.Claim(ctx, eve, always(session.Record{Session: "s3", LineageID: "s3", Gateway: "h"})) // nobody follows eve
	require.NoError(t, err)
	mustRelease(t, e, ada, session.Record{Session: "s2", LineageID: "s2"})
	saw(presence.Offline)
	assert.Equal(t, presence.Event{User: ada, State: presence.Offline, Revision: last}, look())
	require.NoError(t, e.SetPresence(ctx, ada, "s2", presence.Unreachable), "too late")
	assert.Empty(t, seen)
}

// As many users as a client may ask about are looked up by one request.
func TestManyLookUps(t *testing.T) {
	e := openEngine(t, Options{})
	users := make([]id.User, 512)
	for i := range users {
		users[i] = id.User{App: testApp, ID: fmt.Sprint("user", i)}
		if i%2 == 0 {
			_, err := e.Claim(t.Context(), users[i], always(session.Record{Session: fmt.Sprint("s", i), Gateway: "g"}))
			require.NoError(t, err)
		}
	}
	before := e.nc.Stats().OutMsgs
	found, err := e.LookUpPresence(t.Context(), users)
	require.NoError(t, err)
	assert.EqualValues(t, 1, e.nc.Stats().OutMsgs-before)
	require.Len(t, found, len(users))
	for i, event := range found {
		want := presence.Offline
		if i%2 == 0 {
			want = presence.Online
		}
		require.Equal(t, users[i], event.User)
		require.Equal(t, want, event.State, users[i].ID)
		require.NotZero(t, event.Revision)
	}
}

// The users of a gateway that died are offline once it has lapsed.
func TestPresenceAtADeadGateway(t *testing.T) {
	e := openEngine(t, Options{GatewayLife: time.Second})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	require.NoError(t, e.RegisterGateway(ctx, "alive", func() {}, nil))
	user := id.User{App: testApp, ID: "ghost"}
	_, err := e.Claim(ctx, user, always(session.Record{Session: "s1", Gateway: "dying"}))
	require.NoError(t, err)
	require.NoError(t, e.SetPresence(ctx, user, "s1", presence.Unreachable))
	seen := follow(t, e, user)
	_, err = e.gateways.Create(ctx, "dying", nil) // never renewed
	require.NoError(t, err)
	require.NoError(t, e.register(ctx, "dying")) // only now a sweep may remove its sessions
	for state := presence.Online; state != presence.Offline; {
		select {
		case event := <-seen:
			assert.Equal(t, user, event.User)
			state = event.State
		case <-time.After(time.Minute):
			require.Fail(t, "they stay")
		}
	}
}

// A stream of sessions that a former version made is republished once a gateway opens it.
func TestSessionsOfAFormerVersionAreRepublished(t *testing.T) {
	e := openEngine(t, Options{})
	stream, err := e.js.Stream(t.Context(), kvStream+sessionBucket)
	require.NoError(t, err)
	former := stream.CachedInfo().Config
	former.RePublish = nil
	_, err = e.js.UpdateStream(t.Context(), former)
	require.NoError(t, err)
	changes, err := e.js.ensure(t.Context())
	require.NoError(t, err)
	assert.Empty(t, changes)
	seen := follow(t, e, id.User{App: testApp, ID: "ada"})
	_, err = e.Claim(t.Context(), id.User{App: testApp, ID: "ada"}, always(session.Record{Session: "s", Gateway: "g"}))
	require.NoError(t, err)
	select {
	case event := <-seen:
		assert.Equal(t, presence.Online, event.State)
	case <-time.After(time.Minute):
		require.Fail(t, "nothing is republished")
	}
}

// Keys that are read from the leader are what the bucket has, removed ones excepted.
func TestLeaderBucket(t *testing.T) {
	e := openEngine(t, Options{})
	ctx := t.Context()
	leader := &leaderBucket{e.sessions, e.sessionState}
	revision, err := leader.Put(ctx, "app.key", []byte("value"))
	require.NoError(t, err)
	entry, err := leader.Get(ctx, "app.key")
	require.NoError(t, err)
	direct, err := e.sessions.Get(ctx, "app.key")
	require.NoError(t, err)
	for _, entry := range []jetstream.KeyValueEntry{entry, direct} {
		assert.Equal(t, "value", string(entry.Value()))
		assert.Equal(t, revision, entry.Revision())
		assert.Equal(t, "app.key", entry.Key())
		assert.Equal(t, sessionBucket, entry.Bucket())
		assert.Equal(t, jetstream.KeyValuePut, entry.Operation())
	}
	_, err = leader.Get(ctx, "app.other")
	require.ErrorIs(t, err, jetstream.ErrKeyNotFound)
	require.NoError(t, remove(ctx, leader, "app.key", revision))
	_, err = leader.Get(ctx, "app.key")
	require.ErrorIs(t, err, jetstream.ErrKeyNotFound)
	_, err = leader.Create(ctx, "app.key", []byte("again"))
	require.NoError(t, err)
}
