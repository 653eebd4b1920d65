package tests

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/tests/cluster"
)

// The cluster parts: one server, and the gateway that it serves, are on their own. The
// others go on. When it heals, everybody has all that was acknowledged, once and in order,
// without a gateway or a client having lost its connection.
func TestClusterParted(t *testing.T) {
	t.Parallel()
	c := startClusterAs(t, cluster.Options{Cables: true})
	program := buildGateway(t)
	start := func(servers ...string) *process {
		return runWith(t, program, "--listen", "127.0.0.1:0", "--replicas", "3", "--nats", strings.Join(servers, ","), "--media", c.Dir+"/media")
	}
	alone, others := start(c.Servers[0].URL), start(c.Servers[1].URL, c.Servers[2].URL)
	alice, bob, carol := loginNeighbour(t, alone.addr, "alice"), loginNeighbour(t, others.addr, "bob"), loginNeighbour(t, others.addr, "carol")
	all := map[string]*neighbour{"alice": alice, "bob": bob, "carol": carol}
	halls := map[string]*core.Channel{}
	for uid, n := range all {
		halls[uid] = n.Channel("hall")
		require.Nil(t, outcome(t, n.member, halls[uid].Join))
	}
	require.NoError(t, c.Healthy(t.Context()))

	var heard talk
	say := func(from string) bool { return heard.say(t, all[from], halls[from]) }
	for uid := range all {
		require.True(t, say(uid))
	}
	c.Part(0)
	parted := time.Now()
	for n := 0; n < 4; { // of which alice hears nothing yet
		if say("bob") {
			n++
		}
	}
	t.Logf("recovered: the others went on %v after the cut", time.Since(parted).Round(time.Millisecond))
	assert.False(t, say("alice"), "nothing is acknowledged that the others may not get")
	mail := "kept while the cluster was parted"
	for outcome(t, bob.member, func(done func(*core.Error)) {
		text := &core.Outgoing{Message: &core.Message{Type: wire.Message_TEXT, Text: mail}}
		bob.SendToPeer("alice", text, true, func(_ bool, err *core.Error) { done(err) })
	}) != nil { // bob's gateway waits so long for alice's that little time is left; the mail may be kept all the same
	}

	c.Heal()
	healed, missed := time.Now(), heard.n
	for !say("alice") {
	}
	t.Logf("recovered: the one alone was heard %v after the healing", time.Since(healed).Round(time.Millisecond))
	for !say("bob") { // the servers may choose a leader anew
	}
	for uid, n := range all {
		want := heard.acknowledgedBut(uid)
		var got []string
		mailed := uid != "alice"
		for len(want) > 0 || !mailed {
			text := next(t, n.texts)
			if text == "bob: "+mail {
				mailed = true
				continue
			}
			require.NotContains(t, got, text, "once")
			got = append(got, text)
			delete(want, text)
		}
		t.Logf("%s has all, %v after the healing", uid, time.Since(healed).Round(time.Millisecond))
		for _, other := range []string{"alice", "bob", "carol"} {
			numbers := numbersOf(got, other)
			if uid == "alice" { // what is new may come before what she missed
				old, fresh := splitAt(numbers, missed)
				assert.IsIncreasing(t, old, "in order: from %s to %s", other, uid)
				numbers = fresh
			}
			assert.IsIncreasing(t, numbers, "in order: from %s to %s", other, uid)
		}
	}
	for _, n := range all {
		assert.Equal(t, core.Connecting, next(t, n.states))
		assert.Equal(t, core.Connected, next(t, n.states))
		assert.Empty(t, n.states, "no client noticed")
	}
}

// talk is what was said in a channel, and to whom it was promised.
type talk struct {
	n            int
	acknowledged []string // uid, number
}

// say reports whether it was acknowledged.
func (h *talk) say(t *testing.T, from *neighbour, hall *core.Channel) bool {
	h.n++
	text := fmt.Sprintf("%s %d", from.UID(), h.n)
	err := outcome(t, from.member, func(done func(*core.Error)) {
		hall.Send(&core.Outgoing{Message: &core.Message{Type: wire.Message_TEXT, Text: text}}, done)
	})
	if err == nil {
		h.acknowledged = append(h.acknowledged, text)
	}
	return err == nil
}

// acknowledgedBut is what all but its senders must get.
func (h *talk) acknowledgedBut(uid string) map[string]bool {
	want := map[string]bool{}
	for _, text := range h.acknowledged {
		if !strings.HasPrefix(text, uid+" ") {
			want["hall: "+text] = true
		}
	}
	return want
}

func numbersOf(texts []string, from string) []int {
	numbers := []int{0}
	for _, text := range texts {
		var n int
		if _, err := fmt.Sscanf(text, "hall: "+from+" %d", &n); err == nil {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// splitAt parts numbers up to last from those above, each in their order.
func splitAt(numbers []int, last int) (upTo, above []int) {
	for _, n := range numbers {
		if n <= last {
			upTo = append(upTo, n)
		} else {
			above = append(above, n)
		}
	}
	return upTo, above
}
