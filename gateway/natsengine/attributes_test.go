package natsengine

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/presence"
	"rtmwasm/gateway/session"
)

// to is a change to a value, whatever there was.
func to(value string) func([]byte) ([]byte, error) {
	return func([]byte) ([]byte, error) { return []byte(value), nil }
}

func TestUserAttributesGoWithTheSession(t *testing.T) {
	e := openEngine(t, Options{})
	ctx := t.Context()
	user := id.User{App: testApp, ID: "a.b *>"}
	first, second := session.Record{Session: "s1", LineageID: "s1", Gateway: "g"}, session.Record{Session: "s2", LineageID: "s2", Gateway: "h"}
	_, err := e.UserAttributes(ctx, user)
	require.ErrorIs(t, err, session.ErrNoSession)
	require.ErrorIs(t, e.ChangeUserAttributes(ctx, user, first, to("x")), session.ErrNoSession)

	_, err = e.Claim(ctx, user, always(first))
	require.NoError(t, err)
	got, err := e.UserAttributes(ctx, user)
	require.NoError(t, err)
	assert.Empty(t, got)
	require.NoError(t, e.ChangeUserAttributes(ctx, user, first, to("one")))
	got, err = e.UserAttributes(ctx, user)
	require.NoError(t, err)
	assert.Equal(t, "one", string(got))

	_, err = e.Claim(ctx, user, always(second))
	require.NoError(t, err)
	got, err = e.UserAttributes(ctx, user)
	require.NoError(t, err)
	assert.Empty(t, got, "those of the displaced session do not count")
	require.ErrorIs(t, e.ChangeUserAttributes(ctx, user, first, to("late")), session.ErrNoSession)
	require.NoError(t, e.ChangeUserAttributes(ctx, user, second, func(former []byte) ([]byte, error) {
		assert.Empty(t, former)
		return []byte("two"), nil
	}))
	mustRelease(t, e, user, first)
	got, err = e.UserAttributes(ctx, user)
	require.NoError(t, err)
	assert.Equal(t, "two", string(got), "not the displaced session's to remove")
	mustRelease(t, e, user, second)
	_, err = e.userAttributes.Get(ctx, userKey(user))
	require.Error(t, err, "nothing is left")
}

// A displaced session's gateway removes what it wrote, also when it comes late.
func TestReleaseRemovesWhatADisplacedSessionWrote(t *testing.T) {
	e := openEngine(t, Options{})
	user := id.User{App: testApp, ID: "ada"}
	first := session.Record{Session: "s1", LineageID: "s1", Gateway: "g"}
	_, err := e.Claim(t.Context(), user, always(first))
	require.NoError(t, err)
	require.NoError(t, e.ChangeUserAttributes(t.Context(), user, first, to("one")))
	_, err = e.Claim(t.Context(), user, always(session.Record{Session: "s2", LineageID: "s2", Gateway: "g"}))
	require.NoError(t, err)
	mustRelease(t, e, user, first)
	_, err = e.userAttributes.Get(t.Context(), userKey(user))
	require.Error(t, err)
}

func TestDeadGatewaysUserAttributesAreSwept(t *testing.T) {
	e := openEngine(t, Options{})
	user := id.User{App: testApp, ID: "ghost"}
	record := session.Record{Session: "s1", LineageID: "s1", Gateway: "dead"}
	_, err := e.Claim(t.Context(), user, always(record))
	require.NoError(t, err)
	require.NoError(t, e.ChangeUserAttributes(t.Context(), user, record, to("boo")))
	require.NoError(t, e.register(t.Context(), "dead"))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	require.NoError(t, e.RegisterGateway(ctx, "new", func() {}, nil))
	require.Eventually(t, func() bool {
		_, err := e.userAttributes.Get(t.Context(), userKey(user))
		return errors.Is(err, jetstream.ErrKeyNotFound)
	}, time.Minute, time.Millisecond)
}

// Of changes at once none is lost, and their numbers tell the order.
func TestConcurrentChannelChanges(t *testing.T) {
	e := openEngine(t, Options{})
	room := channel.ID{App: testApp, Channel: "room"}
	const n = 12
	var all sync.WaitGroup
	var mu sync.Mutex
	written := map[uint64]string{}
	for i := range n {
		all.Go(func() {
			var last string
			revision, err := e.ChangeChannelAttributes(t.Context(), room, func(former []byte) ([]byte, error) {
				last = string(former) + " " + strconv.Itoa(i)
				return []byte(last), nil
			})
			assert.NoError(t, err)
			mu.Lock()
			written[revision] = last
			mu.Unlock()
		})
	}
	all.Wait()
	require.Len(t, written, n)
	highest := uint64(0)
	for revision := range written {
		highest = max(highest, revision)
	}
	got, err := e.ChannelAttributes(t.Context(), room)
	require.NoError(t, err)
	assert.Equal(t, written[highest], string(got))
	assert.Len(t, strings.Fields(string(got)), n)
}

func TestChangeThatFailsChangesNothing(t *testing.T) {
	e := openEngine(t, Options{})
	room := channel.ID{App: testApp, Channel: "room"}
	got, err := e.ChannelAttributes(t.Context(), room)
	require.NoError(t, err)
	assert.Nil(t, got, "an unknown channel")
	no := errors.New("no")
	_, err = e.ChangeChannelAttributes(t.Context(), room, func([]byte) ([]byte, error) { return []byte("x"), no })
	assert.Equal(t, no, err)
	got, err = e.ChannelAttributes(t.Context(), room)
	require.NoError(t, err)
	assert.Nil(t, got)
}

// Channel attributes run out where nobody is, outlive their time where somebody is, and
// run out when they have left.
func TestChannelAttributesLast(t *testing.T) {
	const life = 5 * time.Second // a renewal may be late on a busy machine
	e := openEngine(t, Options{GatewayLife: time.Second, AttributeLife: life})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	require.NoError(t, e.RegisterGateway(ctx, "g", func() {}, nil))
	full, empty := channel.ID{App: testApp, Channel: "full"}, channel.ID{App: testApp, Channel: "empty"}
	leave, err := e.ListenChannel(full, func([]byte) {})
	require.NoError(t, err)
	began := time.Now()
	for _, room := range []channel.ID{full, empty} {
		_, err := e.ChangeChannelAttributes(ctx, room, to("here"))
		require.NoError(t, err)
	}
	lost := func(room channel.ID) func() bool {
		return func() bool {
			value, err := e.ChannelAttributes(ctx, room)
			return err == nil && value == nil
		}
	}
	require.Eventually(t, lost(empty), time.Minute, 10*time.Millisecond)
	assert.GreaterOrEqual(t, time.Since(began), life)
	renewed := func() bool { // as long as three lives
		value, err := e.ChannelAttributes(ctx, full)
		return assert.NoError(t, err) && assert.NotNil(t, value) && time.Since(began) > 3*life
	}
	require.Eventually(t, renewed, time.Minute, 10*time.Millisecond)
	leave()
	require.Eventually(t, lost(full), time.Minute, 10*time.Millisecond)
}

func TestChannelAttributesOutliveARestart(t *testing.T) {
	room := channel.ID{App: testApp, Channel: "room"}
	dir := t.TempDir()
	open := func() *Engine {
		e, err := Open(t.Context(), Options{Dir: dir})
		require.NoError(t, err)
		return e
	}
	e := open()
	first, err := e.ChangeChannelAttributes(t.Context(), room, to("here"))
	require.NoError(t, err)
	e.Close()
	e = open()
	defer e.Close()
	value, err := e.ChannelAttributes(t.Context(), room)
	require.NoError(t, err)
	assert.Equal(t, "here", string(value))
	second, err := e.ChangeChannelAttributes(t.Context(), room, to("still"))
	require.NoError(t, err)
	assert.Greater(t, second, first)
}

// FuzzDecodeUserAttributes: an entry gives its value to its own session and to no other.
func FuzzDecodeUserAttributes(f *testing.F) {
	f.Add([]byte(`{"gateway":"g","session":"s","value":"eA=="}`), "s")
	f.Add([]byte(`{"session":"s"}`), "t")
	f.Add([]byte(`null`), "")
	f.Fuzz(func(t *testing.T, entry []byte, session string) {
		value := decodeUserAttributes(entry, session)
		if value == nil {
			return
		}
		var v userAttributesEntry
		require.NoError(t, json.Unmarshal(entry, &v))
		require.Equal(t, session, v.Lineage)
		again, err := json.Marshal(userAttributesEntry{Lineage: session, Value: value})
		require.NoError(t, err)
		require.Equal(t, value, decodeUserAttributes(again, session))
	})
}

// Attributes stay with a lineage, and become those of the gateway where it goes on.
func TestAttributesFollowALineage(t *testing.T) {
	e := openEngine(t, Options{})
	ctx, user := t.Context(), id.User{App: testApp, ID: "ada"}
	first := session.Record{Session: "s1", LineageID: "s1", Gateway: "g", Secret: [32]byte{1}}
	next := session.Record{Session: "s2", LineageID: "s1", Gateway: "h", Secret: [32]byte{2}}
	other := session.Record{Session: "s3", LineageID: "s3", Gateway: "h", Secret: [32]byte{3}}
	read := func() string {
		t.Helper()
		value, err := e.UserAttributes(ctx, user)
		require.NoError(t, err)
		return string(value)
	}
	_, err := e.Claim(ctx, user, always(first))
	require.NoError(t, err)
	keep := func([]byte) ([]byte, error) { return []byte("mine"), nil }
	require.NoError(t, e.ChangeUserAttributes(ctx, user, first, keep))
	require.NoError(t, e.SetPresence(ctx, user, "s1", presence.Unreachable))

	_, err = e.Claim(ctx, user, always(next))
	require.NoError(t, err)
	found, err := e.LookUpPresence(ctx, []id.User{user})
	require.NoError(t, err)
	assert.Equal(t, presence.Online, found[0].State)
	require.ErrorIs(t, e.ChangeUserAttributes(ctx, user, first, keep), session.ErrNoSession, "the user's session is another")
	mustRelease(t, e, user, first) // not its any more
	assert.Equal(t, "mine", read())
	require.NoError(t, e.RegisterGateway(ctx, "h", nil, nil)) // g is not alive: what is its goes
	assert.Equal(t, "mine", read())

	_, err = e.Claim(ctx, user, always(other))
	require.NoError(t, err)
	assert.Empty(t, read(), "of another login")
}
