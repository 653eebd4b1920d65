package coretest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
)

func (u *user) queryPeers(t *testing.T, peers ...string) (out []string) {
	t.Helper()
	type answer struct {
		list core.PresenceList
		err  *core.Error
	}
	a := wait(u, func(done func(answer)) {
		u.QueryPeers(peers, func(list core.PresenceList, err *core.Error) { done(answer{list, err}) })
	})
	require.Nil(t, a.err)
	for _, p := range a.list {
		out = append(out, p.Uid+" "+p.State.String())
	}
	return out
}

func presenceFollowed(t *testing.T, w *world) {
	a, b := w.login(t, "a"), w.login(t, "b")
	assert.Equal(t, []string{"b ONLINE", "c OFFLINE"}, a.queryPeers(t, "b", "c"))
	require.Nil(t, wait(a, func(done func(*core.Error)) { a.SubscribePeers([]string{"b", "c"}, done) }))
	for _, first := range []event{{Name: "presence", Who: "b", What: "ONLINE", Count: 2}, {Name: "presence", Who: "c", What: "OFFLINE", Count: 2}} {
		a.await(t, "the first report", func(e event) bool { return e == first })
	}
	changed := func(who, what string) {
		t.Helper()
		a.await(t, who+" "+what, func(e event) bool { return e == event{Name: "presence", Who: who, What: what, Count: 1} })
	}
	w.login(t, "c")
	changed("c", "ONLINE")
	b.logout()
	changed("b", "OFFLINE")
	require.Nil(t, wait(a, func(done func(*core.Error)) { a.UnsubscribePeers([]string{"b"}, done) }))
	type list struct {
		peers []string
		err   *core.Error
	}
	got := wait(a, func(done func(list)) {
		peers, err := a.SubscribedPeers()
		done(list{peers, err})
	})
	assert.Equal(t, list{peers: []string{"c"}}, got)
}

func membersCounted(t *testing.T, w *world) {
	a, b := w.login(t, "a"), w.login(t, "b")
	b.join(t, "room")
	type answer struct {
		counts []uint32
		err    *core.Error
	}
	ask := func(u *user) answer {
		return wait(u, func(done func(answer)) {
			u.MemberCounts([]string{"room", "nowhere"}, func(counts []uint32, err *core.Error) { done(answer{counts, err}) })
		})
	}
	got := ask(a)
	for i := 0; i < 20 && got.err == nil && got.counts[0] == 0; i++ { // another gateway may know of the member a little later
		got = ask(a) // waits for its turn
	}
	assert.Equal(t, answer{counts: []uint32{1, 0}}, got)
	assert.Equal(t, got, ask(a))
}
