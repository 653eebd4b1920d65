package core

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"

	"rtmwasm/core/wire"
)

func TestRepeatsAreTold(t *testing.T) {
	type step struct {
		origin, number uint64
		offline, fresh bool
	}
	for _, test := range []struct {
		name  string
		steps []step
	}{
		{"rising", []step{{7, 1, false, true}, {7, 2, false, true}, {7, 9, false, true}}},
		{"the same again", []step{{7, 1, false, true}, {7, 1, false, false}, {7, 2, false, true}, {7, 1, false, false}, {7, 2, true, false}}},
		{"kept ones come late", []step{{7, 5, false, true}, {7, 2, true, true}, {7, 2, true, false}, {7, 4, true, true}, {7, 5, true, false}}},
		{"far behind", []step{{7, 1, false, true}, {7, 100, false, true}, {7, 1, false, false}, {7, 2, true, true}, {7, 37, true, true}, {7, 37, true, false}}},
		{"a gap wider than memory", []step{{7, 1, false, true}, {7, 1 << 40, false, true}, {7, 1<<40 - 1, true, true}, {7, 1 << 40, false, false}}},
		{"another origin begins anew", []step{{7, 9, false, true}, {8, 1, false, true}, {8, 1, false, false}, {8, 2, false, true}}},
		{"two origins by turns", []step{{7, 1, false, true}, {8, 1, false, true}, {7, 1, false, false}, {7, 2, false, true}, {8, 1, false, false}}},
		{"no numbers", []step{{0, 0, false, true}, {0, 0, false, true}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var r deduplicator
			for i, s := range test.steps {
				d := &wire.Delivery{From: "bob", Origin: s.origin, Number: s.number, Offline: s.offline}
				assert.Equal(t, s.fresh, r.fresh(d), "step %d", i)
			}
		})
	}
}

// What goes to the user and to a channel has rows of its own, and may overtake each other.
func TestRepeatsAreToldPerTarget(t *testing.T) {
	var r deduplicator
	assert.True(t, r.fresh(&wire.Delivery{From: "bob", Channel: "hall", Origin: 7, Number: 2}))
	assert.True(t, r.fresh(&wire.Delivery{From: "bob", Origin: 7, Number: 1}))
	assert.True(t, r.fresh(&wire.Delivery{From: "eve", Origin: 7, Number: 1}))
	assert.False(t, r.fresh(&wire.Delivery{From: "bob", Origin: 7, Number: 1}))
}

func TestRepeatsForgetSendersLongUnheard(t *testing.T) {
	var r deduplicator
	for i := range 10 * maxHeardFrom {
		r.fresh(&wire.Delivery{From: strconv.Itoa(i), Origin: 7, Number: 1})
	}
	assert.LessOrEqual(t, len(r.recent)+len(r.older), 2*maxHeardFrom)
	last := strconv.Itoa(10*maxHeardFrom - 1)
	assert.False(t, r.fresh(&wire.Delivery{From: last, Origin: 7, Number: 1}))
}
