package tests

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/tests/cluster"
)

// partedFor is longer than all that a cluster keeps of who left: gateways count as dead after 30 s,
// and the marks of what was deleted last a minute.
const partedFor = 76 * time.Second

// A gateway is cut off for so long that the others take it for dead, while users log out on both
// sides. When it is back, everybody sees exactly those who are still there, and hears them.
func TestClusterPartedForLong(t *testing.T) {
	t.Parallel()
	c := startClusterAs(t, cluster.Options{Cables: true})
	program := buildGateway(t)
	start := func(servers ...string) *process {
		return runWith(t, program, "--listen", "127.0.0.1:0", "--replicas", "3", "--nats", strings.Join(servers, ","), "--media", c.Dir+"/media")
	}
	alone, others := start(c.Servers[0].URL), start(c.Servers[1].URL, c.Servers[2].URL)
	all := map[string]*witness{}
	for uid, at := range map[string]*process{"alice": alone, "dave": alone, "erin": alone, "bob": others, "carol": others, "frank": others} {
		all[uid] = &witness{neighbour: loginNeighbour(t, at.addr, uid)}
	}
	everybody := slices.Sorted(maps.Keys(all))
	for _, w := range all {
		w.hall = w.Channel("hall")
		require.Nil(t, outcome(t, w.member, w.hall.Join))
	}
	for uid, w := range all {
		w.see(t, everybody, nil)
		require.Nil(t, outcome(t, w.member, func(done func(*core.Error)) { w.SubscribePeers(without(everybody, uid), done) }))
		w.see(t, everybody, without(everybody, uid))
	}
	require.NoError(t, c.Healthy(t.Context()))

	c.Part(0)
	healing := time.After(partedFor)
	gone := map[string]chan *core.Error{"erin": make(chan *core.Error, 1), "frank": make(chan *core.Error, 1)}
	for uid, answer := range gone {
		w := all[uid]
		delete(all, uid)
		w.host.Do(func() { w.Logout(func(err *core.Error) { answer <- err }) })
	}
	left := slices.Sorted(maps.Keys(all))
	for _, uid := range []string{"bob", "carol"} { // the others take those at the lonely gateway for gone
		all[uid].see(t, []string{"bob", "carol"}, without([]string{"bob", "carol"}, uid))
	}
	<-healing
	c.Heal()
	healed := time.Now()
	for uid, answer := range gone {
		require.Nil(t, next(t, answer), uid)
	}
	for uid, w := range all {
		w.get(t, left)
		t.Logf("recovered: %s gets who is there, %v after the healing", uid, time.Since(healed).Round(time.Millisecond))
	}
	for uid, w := range all { // a client whose session was lost waits for members who may come back as it did
		w.see(t, left, without(left, uid))
		t.Logf("recovered: %s was told who is there, %v after the healing", uid, time.Since(healed).Round(time.Millisecond))
	}
	for uid, w := range all {
		said := "from " + uid
		require.Nil(t, outcome(t, w.member, func(done func(*core.Error)) {
			w.hall.Send(&core.Outgoing{Message: &core.Message{Type: wire.Message_TEXT, Text: said}}, done)
		}))
		for _, other := range without(left, uid) {
			require.Equal(t, "hall: "+said, next(t, all[other].texts), "to %s", other)
			require.True(t, outcome(t, w.member, func(done func(bool)) {
				text := &core.Outgoing{Message: &core.Message{Type: wire.Message_TEXT, Text: said}}
				w.SendToPeer(other, text, false, func(received bool, _ *core.Error) { done(received) })
			}), "to %s", other)
			require.Equal(t, uid+": "+said, next(t, all[other].texts))
		}
	}
	for uid, w := range all { // whoever was told once more by now was told the same
		w.see(t, left, without(left, uid))
	}
}

// witness keeps what it was told of others.
type witness struct {
	*neighbour
	hall            *core.Channel
	members, online map[string]bool
}

// see waits until w was told of just these, and asks for the members as well.
func (w *witness) see(t *testing.T, members, online []string) {
	t.Helper()
	deadline := time.After(waitLimit)
	for {
		if w.members == nil { // who joined before is not told
			w.members, w.online = map[string]bool{}, map[string]bool{}
			for _, uid := range members {
				w.members[uid] = true
			}
		}
		told := slices.Equal(slices.Sorted(maps.Keys(w.members)), members) && slices.Equal(slices.Sorted(maps.Keys(w.online)), online)
		if told && len(w.news) == 0 && slices.Equal(w.asked(t), members) && len(w.news) == 0 {
			return
		}
		select {
		case news := <-w.news:
			w.note(news)
		case <-time.After(100 * time.Millisecond): // to ask again
		case <-deadline:
			require.Equal(t, members, slices.Sorted(maps.Keys(w.members)), "members that %s was told of", w.UID())
			require.Equal(t, online, slices.Sorted(maps.Keys(w.online)), "peers that %s was told are online", w.UID())
			require.Equal(t, members, w.asked(t), "members that %s gets", w.UID())
		}
	}
}

// get waits until the gateway's answer to w is just these.
func (w *witness) get(t *testing.T, members []string) {
	t.Helper()
	for deadline := time.Now().Add(waitLimit); !slices.Equal(w.asked(t), members); {
		require.Less(t, time.Now(), deadline, "members that %s gets", w.UID())
		time.Sleep(100 * time.Millisecond) // to ask again
	}
}

func (w *witness) note(news string) {
	uid, state, presence := strings.Cut(news, " ")
	switch {
	case presence && state == "ONLINE":
		w.online[uid] = true
	case presence:
		delete(w.online, uid)
	case news[0] == '+':
		w.members[news[1:]] = true
	default:
		delete(w.members, news[1:])
	}
}

// asked is who is in the channel by the gateway's answer; nil if there is none.
func (w *witness) asked(t *testing.T) []string {
	t.Helper()
	members := outcome(t, w.member, func(done func([]string)) {
		w.hall.Members(func(m []string, _ *core.Error) { done(m) })
	})
	slices.Sort(members)
	return members
}

func without(all []string, uid string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(u string) bool { return u == uid })
}
