package natsengine

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/channel"
)

var hall = channel.ID{App: testApp, Channel: "h.all *"}

func memberOf(gateway, uid string, entry uint64) channel.Member {
	return channel.Member{Channel: hall, UID: uid, Session: "s-" + uid, Lineage: "l-" + uid, Gateway: gateway, Entry: entry}
}

// fill puts n members of a gateway into channels, ten each, without waiting for each.
func (e *Engine) fill(t testing.TB, gateway string, n int) {
	for i := range n {
		m := channel.Member{Channel: channel.ID{App: testApp, Channel: fmt.Sprint("c", i/10)}, UID: fmt.Sprint(gateway, "-user-", i), Gateway: gateway}
		e.fillOne(t, m)
	}
	<-e.js.PublishAsyncComplete()
}

func (e *Engine) fillOne(t testing.TB, m channel.Member) {
	value := []byte(`{"session":"01234567890123456789012345","entry":1}`)
	_, err := e.js.PublishMsgAsync(&nats.Msg{Subject: memberSubject + memberKey(m), Data: value}, jetstream.WithStallWait(time.Minute))
	require.NoError(t, err)
}

func TestMembers(t *testing.T) {
	e := openEngine(t, Options{})
	ctx := t.Context()
	events := make(chan channel.Event, 100)
	stop, err := e.FollowMembers(hall, func(ev channel.Event) { events <- ev })
	require.NoError(t, err)
	t.Cleanup(stop)
	next := func() channel.Event {
		select {
		case ev := <-events:
			return ev
		case <-time.After(time.Minute):
			require.FailNow(t, "no event comes")
			return channel.Event{}
		}
	}
	ada, bob := memberOf("g", "ada", 1), memberOf("h", "bob", 7)
	bob.Lineage = bob.Session
	ada.Revision, err = e.Enter(ctx, ada)
	require.NoError(t, err)
	assert.Equal(t, channel.Event{Member: ada}, next())
	elsewhere := ada
	elsewhere.Channel.Channel = "other"
	_, err = e.Enter(ctx, elsewhere)
	require.NoError(t, err)
	unknown := bob // as after a join whose answer was lost
	bob.Revision, err = e.Enter(ctx, bob)
	require.NoError(t, err)
	assert.Equal(t, channel.Event{Member: bob}, next())

	s, err := e.Members(ctx, hall, bob.Revision)
	require.NoError(t, err)
	assert.ElementsMatch(t, []channel.Member{ada, bob}, s.Members)
	assert.True(t, s.Covers("ada", bob.Revision))
	assert.False(t, s.Covers("ada", bob.Revision+100))
	n, err := e.CountMembers(ctx, hall)
	require.NoError(t, err)
	assert.Equal(t, 2, n)

	again := memberOf("g", "ada", 2)
	again.Revision, err = e.Enter(ctx, again)
	require.NoError(t, err)
	assert.Equal(t, channel.Event{Member: again, Former: ada.Revision}, next())
	require.NoError(t, e.Leave(ctx, ada), "it is another entry's by now")
	unknown.Entry++
	require.NoError(t, e.Leave(ctx, unknown), "no such entry")
	unknown.Entry--
	require.NoError(t, e.Leave(ctx, unknown))
	left := next()
	assert.True(t, left.Left)
	assert.Equal(t, []any{"bob", "h", bob.Revision}, []any{left.UID, left.Gateway, left.Former})
	n, err = e.CountMembers(ctx, hall)
	require.NoError(t, err)
	assert.Equal(t, 1, n, "at once")
	assert.Empty(t, events)
}

// A join that was given up leaves nobody behind, also where it takes effect later.
func TestLeavingOvertakesNoJoin(t *testing.T) {
	e := openEngine(t, Options{})
	for i := range 5000 { // what the stream is busy with
		e.fillOne(t, memberOf("h", fmt.Sprint("user-", i), 1))
	}
	ada := memberOf("g", "ada", 1)
	e.fillOne(t, ada)
	ada.Session = "01234567890123456789012345"                   // as fillOne has it
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // Leave itself does not wait for as long as that may take
	defer cancel()
	require.NoError(t, e.leave(ctx, ada))
	<-e.js.PublishAsyncComplete()
	last, err := e.members.last(t.Context(), memberKey(ada))
	require.NoError(t, err)
	assert.True(t, last.gone)
}

// A user who moves is at two gateways for a moment, and one member.
func TestCountOfAUserWhoMoves(t *testing.T) {
	e := openEngine(t, Options{})
	for _, gateway := range []string{"g", "h"} {
		_, err := e.Enter(t.Context(), memberOf(gateway, "ada", 1))
		require.NoError(t, err)
	}
	n, err := e.CountMembers(t.Context(), hall)
	require.NoError(t, err)
	assert.Equal(t, 1, n)
}

// A crowd that does not fit one answer is read in pieces, and those of a gateway that died are
// purged at once.
func TestMembersOfACrowd(t *testing.T) {
	e := openEngine(t, Options{})
	const crowd = 3000
	want := map[string]bool{}
	for i := range crowd {
		m := memberOf(fmt.Sprint("g", i%3), fmt.Sprint("user-", i), 1)
		want[m.UID] = true
		e.fillOne(t, m)
	}
	<-e.js.PublishAsyncComplete()
	revision, err := e.NextRevision(t.Context())
	require.NoError(t, err)
	s, err := e.Members(t.Context(), hall, revision)
	require.NoError(t, err)
	got := map[string]bool{}
	for _, m := range s.Members {
		got[m.UID] = true
		assert.True(t, s.Covers(m.UID, revision))
		assert.False(t, s.Covers(m.UID, revision+1))
	}
	assert.Equal(t, want, got)
	n, err := e.CountMembers(t.Context(), hall)
	require.NoError(t, err)
	assert.Equal(t, crowd, n)

	require.NoError(t, e.register(t.Context(), "g1"))
	require.NoError(t, e.sweep(t.Context(), ""))
	n, err = e.CountMembers(t.Context(), hall)
	require.NoError(t, err)
	assert.Equal(t, crowd/3*2, n)
}

// benchMembers is how many members the cluster of the benchmarks has elsewhere, on ten gateways.
const benchMembers = 500_000

// BenchmarkStartWithManyMembersElsewhere opens an engine and announces a gateway where there are
// very many members of other gateways.
func BenchmarkStartWithManyMembersElsewhere(b *testing.B) {
	e := openEngine(b, Options{})
	for i := range 10 {
		id := fmt.Sprint("other", i)
		require.NoError(b, e.RegisterGateway(b.Context(), id, func() {}, nil))
		e.fill(b, id, benchMembers/10)
	}
	for b.Loop() {
		again := newEngine(e.opts)
		again.embedded = e.embedded
		require.NoError(b, again.open(b.Context()))
		require.NoError(b, again.RegisterGateway(b.Context(), again.id, func() {}, nil))
		b.StopTimer()
		again.embedded = nil
		again.Close()
		b.StartTimer()
	}
}

// BenchmarkSnapshotAmongManyMembers reads a channel of a hundred members where there are very many.
func BenchmarkSnapshotAmongManyMembers(b *testing.B) {
	e := openEngine(b, Options{})
	for i := range 10 {
		e.fill(b, fmt.Sprint("g", i), benchMembers/10)
	}
	revision, err := e.NextRevision(b.Context())
	require.NoError(b, err)
	for b.Loop() {
		s, err := e.Members(b.Context(), channel.ID{App: testApp, Channel: "c7"}, revision)
		require.NoError(b, err)
		require.Len(b, s.Members, 100)
	}
}

// BenchmarkDeadGatewayOfTen clears one of ten gateways away that have very many members together.
func BenchmarkDeadGatewayOfTen(b *testing.B) {
	e := openEngine(b, Options{})
	for i := range 10 {
		e.fill(b, fmt.Sprint("g", i), benchMembers/10)
	}
	for b.Loop() {
		require.NoError(b, e.register(b.Context(), "g3"))
		require.NoError(b, e.sweep(b.Context(), ""))
		b.StopTimer()
		e.fill(b, "g3", benchMembers/10)
		b.StartTimer()
	}
}
