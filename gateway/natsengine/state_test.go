package natsengine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// openState makes a state of the test's own.
func openState(t testing.TB) *state {
	e := openEngine(t, Options{})
	s := &state{e: e, name: "TEST_STATE", records: "test.state.", changes: "test.changed."}
	require.NoError(t, e.js.create(t.Context(), stateConfig(s.name, s.records, s.changes)))
	require.NoError(t, s.openEpoch(t.Context()))
	return s
}

func (s *state) mustPut(t testing.TB, key, value string) (revision uint64) {
	revision, err := s.put(t.Context(), key, []byte(value))
	require.NoError(t, err)
	return revision
}

func (s *state) keys(t testing.TB, filter string, atLeast uint64) (keys []string, upTo uint64) {
	records, upTo, err := s.read(t.Context(), filter, atLeast)
	require.NoError(t, err)
	for _, r := range records {
		keys = append(keys, r.key+"="+string(r.value))
	}
	slices.Sort(keys)
	return keys, upTo
}

func nextChange(t *testing.T, changes <-chan record) record {
	select {
	case r := <-changes:
		return r
	case <-time.After(time.Minute):
		require.FailNow(t, "no change comes")
		return record{}
	}
}

// Who follows a part of a state gets its changes, and the snapshot is what they lead to.
func TestStateIsFollowed(t *testing.T) {
	s := openState(t)
	changes := make(chan record, 100)
	stop, err := s.follow("*.room.>", func(r record) { changes <- r })
	require.NoError(t, err)
	t.Cleanup(stop)

	first := s.mustPut(t, "g1.room.ada", "1")
	s.mustPut(t, "g1.other.ada", "elsewhere")
	bob := s.mustPut(t, "g2.room.bob", "2")
	second := s.mustPut(t, "g1.room.ada", "3")
	require.NoError(t, s.remove(t.Context(), "g2.room.bob", bob))
	want := []record{
		{key: "g1.room.ada", value: []byte("1"), revision: first},
		{key: "g2.room.bob", value: []byte("2"), revision: bob},
		{key: "g1.room.ada", value: []byte("3"), revision: second, former: first},
		{key: "g2.room.bob", revision: second + 1, former: bob, gone: true},
	}
	for _, w := range want {
		got := nextChange(t, changes)
		got.value = slices.Clip(got.value)
		if len(got.value) == 0 {
			got.value = nil
		}
		assert.Equal(t, w, got)
	}
	keys, upTo := s.keys(t, "*.room.>", second)
	assert.Equal(t, []string{"g1.room.ada=3"}, keys, "a removed record is none")
	assert.GreaterOrEqual(t, upTo, second+1)
	keys, _ = s.keys(t, "*.nothing.>", upTo)
	assert.Empty(t, keys, "and how far the replica is, is known where nothing is, too")

	require.NoError(t, s.purge(t.Context(), "g1.>", first))
	keys, _ = s.keys(t, "*.room.>", 0)
	assert.Equal(t, []string{"g1.room.ada=3"}, keys, "what is newer stays")
	require.NoError(t, s.purge(t.Context(), "g1.>", upTo))
	keys, _ = s.keys(t, ">", 0)
	assert.Empty(t, keys)
	require.NoError(t, s.checkEpoch(t.Context()), "the epoch is no gateway's")
	assert.Empty(t, changes, "a purge tells nobody")
}

// A record is removed as it is known, and all who follow it hear that it is gone, however it went.
func TestStateRemoves(t *testing.T) {
	s := openState(t)
	changes := make(chan record, 100)
	stop, err := s.follow(">", func(r record) { changes <- r })
	require.NoError(t, err)
	t.Cleanup(stop)
	first := s.mustPut(t, "g.ada", "1")
	second := s.mustPut(t, "g.ada", "2")
	require.NoError(t, s.remove(t.Context(), "g.ada", first))
	r, err := s.last(t.Context(), "g.ada")
	require.NoError(t, err)
	assert.Equal(t, record{key: "g.ada", value: []byte("2"), revision: second}, r, "the newer one stays")
	nextChange(t, changes)
	nextChange(t, changes)

	require.NoError(t, s.remove(t.Context(), "g.ada", second))
	assert.True(t, nextChange(t, changes).gone)
	require.NoError(t, s.remove(t.Context(), "g.ada", second), "as if the first answer was lost")
	assert.True(t, nextChange(t, changes).gone)

	third := s.mustPut(t, "g.ada", "3")
	nextChange(t, changes)
	require.NoError(t, s.purge(t.Context(), "g.>", third))
	require.NoError(t, s.remove(t.Context(), "g.ada", third))
	assert.True(t, nextChange(t, changes).gone)
	assert.Empty(t, changes)
	require.Eventually(t, func() bool {
		_, n, err := s.oldest(t.Context(), "g.>")
		return err == nil && n == 0
	}, time.Minute, 10*time.Millisecond, "what was removed is forgotten")
}

// A snapshot is as new as was asked for, or there is none.
func TestStateWaitsForReplicasThatLag(t *testing.T) {
	s := openState(t)
	revision := s.mustPut(t, "g.ada", "1")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, _, err := s.read(ctx, "g.>", revision+1)
	if !errors.Is(err, context.DeadlineExceeded) { // the time was over within a request
		require.ErrorContains(t, err, "lag")
	}

	read := make(chan uint64, 1)
	go func() {
		_, upTo, err := s.read(t.Context(), "g.>", revision+1)
		assert.NoError(t, err)
		read <- upTo
	}()
	later, err := s.nextRevision(t.Context())
	require.NoError(t, err)
	assert.Greater(t, later, revision)
	assert.GreaterOrEqual(t, <-read, later)
}

// More records than fit an answer are an error, not a part of them; their number is known.
func TestStateOfACrowd(t *testing.T) {
	s := openState(t)
	const crowd = 1030
	for i := range crowd {
		_, err := s.e.js.PublishMsgAsync(&nats.Msg{Subject: fmt.Sprint(s.records, "g.crowd.", i), Data: []byte("x")})
		require.NoError(t, err)
	}
	<-s.e.js.PublishAsyncComplete()
	_, _, err := s.read(t.Context(), "*.crowd.>", 0)
	require.ErrorIs(t, err, errTooMany)
	_, n, err := s.oldest(t.Context(), "*.crowd.>")
	require.NoError(t, err)
	assert.Equal(t, crowd, n)
	_, n, err = s.oldest(t.Context(), "*.nobody.>")
	require.NoError(t, err)
	assert.Zero(t, n)
}

// A stream that was emptied, or created again, is told from the one that was.
func TestStateThatWasLost(t *testing.T) {
	s := openState(t)
	require.NoError(t, s.checkEpoch(t.Context()))
	again := &state{e: s.e, name: s.name, records: s.records, changes: s.changes}
	require.NoError(t, again.openEpoch(t.Context()))
	assert.Equal(t, s.epoch, again.epoch)

	stream, err := s.e.js.Stream(t.Context(), s.name)
	require.NoError(t, err)
	require.NoError(t, stream.Purge(t.Context(), jetstream.WithPurgeSubject(s.records+epochKey)))
	require.ErrorIs(t, s.checkEpoch(t.Context()), errStateLost)
	_, _, err = s.read(t.Context(), ">", 0)
	require.ErrorIs(t, err, errStateLost)
	require.NoError(t, again.openEpoch(t.Context()))
	require.ErrorIs(t, s.checkEpoch(t.Context()), errStateLost)

	s.mustPut(t, epochKey, "")
	require.ErrorIs(t, again.openEpoch(t.Context()), errOvertaken, "no epoch is not one")
}
