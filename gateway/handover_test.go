package gateway

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
)

// carried is what comes out at the other end of the way between two gateways.
func carried(t *testing.T, h handover) *handover {
	t.Helper()
	out, err := decode[handover](encode(&h))
	require.NoError(t, err)
	return out
}

func TestOutboxIsCarried(t *testing.T) {
	at := time.UnixMilli(1_700_000_000_123)
	settled := map[uint64]bool{}
	all := []outboxItem{
		{body: []byte("joined"), room: "room"},
		{seq: 7, body: []byte("channel message"), room: "room", at: at},
		{seq: 8, body: []byte("peer message"), at: at, receipt: "r"},
		{seq: 9, body: []byte("offline"), at: at, mail: 3},
		{seq: 10, body: []byte("presence"), subject: "presence eve"},
	}
	for name, items := range map[string][]outboxItem{"nothing": nil, "one of each": all, "only what may be missed": all[1:2]} {
		t.Run(name, func(t *testing.T) {
			from := outbox{last: 10}
			for _, k := range items {
				from.add(k)
			}
			var to outbox
			to.restore(from.last, carried(t, handover{Kept: from.carry()}).Kept, func(k outboxItem) func(bool) {
				return func(received bool) { settled[k.seq] = received }
			})
			assert.Equal(t, []any{from.last, from.bytes, from.missable}, []any{to.last, to.bytes, to.missable})
			require.Len(t, to.items, len(items))
			for i, k := range to.items {
				k.acked(true)
				assert.True(t, settled[k.seq])
				k.acked = nil
				assert.Equal(t, items[i], k)
			}
		})
	}
}

func TestAnswersAreCarried(t *testing.T) {
	var from, to answers
	for id := range uint32(4) {
		from.lookup(id + 1)
	}
	from.done(1, []byte("one"))
	from.done(3, []byte("three"))
	last, known := from.carry()
	h := carried(t, handover{LastRequest: last, Answers: known})
	to.restore(h.LastRequest, h.Answers)
	for _, c := range []struct {
		id     uint32
		news   novelty
		answer string
	}{
		{1, isDone, "one"},
		{2, isNew, ""}, // was under way there
		{2, isRunning, ""},
		{3, isDone, "three"},
		{4, isNew, ""},
		{5, isNew, ""},
		{4, isRunning, ""},
		{0, isForgotten, ""},
	} {
		news, answer := to.lookup(c.id)
		assert.Equal(t, c.news, news, "request %d", c.id)
		assert.Equal(t, c.answer, string(answer))
	}
	assert.EqualValues(t, 5, to.highest)
}

// A client does not get rid of its limits by going to and fro.
func TestRatesAreCarried(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_000)
	key := rateKey{core.OpJoinSame, "room"}
	n := core.Rates[key.op].N
	for used := range n + 3 {
		from := rates{by: map[rateKey]*rate{}, comeback: 2}
		allowed := 0
		for range used {
			if from.allow(key, now) {
				allowed++
			}
		}
		h := carried(t, handover{Comeback: from.comeback, Rates: from.carry()})
		var to rates
		to.restore(h.Comeback, h.Rates)
		for range 100 * n {
			assert.Equal(t, from.allow(key, now), to.allow(key, now), "%d of %d used", allowed, n)
		}
		now = now.Add(time.Hour)
	}
	var to rates
	to.restore(0, []carriedRate{{Op: 1000}, {Op: -1}})
	assert.Empty(t, to.by, "of another version")
}

func TestChangesSince(t *testing.T) {
	for name, c := range map[string]struct{ known, now, came, went []string }{
		"nobody":       {},
		"no change":    {known: []string{"a", "b"}, now: []string{"b", "a"}},
		"came":         {known: []string{"a"}, now: []string{"c", "a", "b"}, came: []string{"b", "c"}},
		"went":         {known: []string{"a", "b"}, now: []string{"b"}, went: []string{"a"}},
		"all in place": {known: []string{"a"}, now: []string{"b"}, came: []string{"b"}, went: []string{"a"}},
	} {
		t.Run(name, func(t *testing.T) {
			came, went := changesSince(c.known, slices.Values(c.now))
			assert.Equal(t, c.came, came)
			assert.Equal(t, c.went, went)
		})
	}
}

// What was held at the old gateway comes before what came to the new one, each once.
func TestHeldIsCarried(t *testing.T) {
	body := func(names ...string) (all []liveFrame) {
		for _, n := range names {
			all = append(all, liveFrame{[]byte(n), n})
		}
		return all
	}
	for name, c := range map[string]struct {
		h    handover
		here []liveFrame
		want []liveFrame
	}{
		"nothing": {},
		"in order": {handover{Held: []carriedFrame{{Body: []byte("1"), Receipt: "1"}, {Body: []byte("2"), Receipt: "2"}}},
			body("3", "4"), body("1", "2", "3", "4")},
		"came to both":  {handover{Held: []carriedFrame{{Body: []byte("1"), Receipt: "1"}}}, body("1", "2"), body("1", "2")},
		"is on its way": {handover{Kept: []carriedFrame{{Seq: 1, Receipt: "1"}}}, body("1", "2"), body("2")},
		"is there":      {handover{Settled: []string{"1"}}, body("1", "2"), body("2")},
	} {
		t.Run(name, func(t *testing.T) {
			var m mail
			m.arriving()
			for _, f := range c.here {
				assert.False(t, m.arrivedBefore(f.receipt))
				m.hold(f)
			}
			m.restore(carried(t, c.h), nil)
			assert.Equal(t, c.want, m.held)
			for _, f := range c.here {
				assert.True(t, m.arrivedBefore(f.receipt), "comes late by way of the old gateway")
			}
		})
	}
}
