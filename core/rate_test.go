package core

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
)

func TestRateWindowSlides(t *testing.T) {
	var w rateWindow
	allow := func(after time.Duration) bool { return w.allow(Rates[OpSend], instant(after)) }
	for i := range SendRate {
		require.True(t, allow(time.Duration(i)*time.Millisecond))
	}
	assert.False(t, allow(time.Second), "the 181st")
	assert.False(t, allow(SendRateWindow-1), "a refused one took no place")

	assert.True(t, allow(SendRateWindow), "the first place is free again")
	assert.False(t, allow(SendRateWindow), "the second is not")
	assert.True(t, allow(SendRateWindow+time.Millisecond))
}

// Every row of API 12 that is a rate.
func TestRates(t *testing.T) {
	for op, r := range Rates {
		assert.Positive(t, r.N, "of %d", op)
		assert.Positive(t, r.Window, "of %d", op)
	}
}

func TestJoinsTooOften(t *testing.T) {
	inSession(t, func(w *world) {
		again := func(id string) []string {
			ch := w.Channel(id)
			ch.Join(w.promise(id))
			ch.Leave(func(*Error) {})
			if ch.State() == Joining {
				w.reply(&wire.ServerFrame{Joined: &wire.Joined{}})
			}
			var out []string
			for _, line := range w.taken() {
				if strings.HasPrefix(line, id+":") {
					out = append(out, line)
				}
			}
			return out
		}
		assert.Equal(t, []string{"room: ok"}, again("room"))
		assert.Equal(t, []string{"room: ok"}, again("room"))
		assert.Equal(t, []string{"room: RtmInvokeTooOftenError 8"}, again("room"), "the third of one channel")
		for i := range 48 {
			id := "room" + strconv.Itoa(i)
			assert.Equal(t, []string{id + ": ok"}, again(id))
		}
		assert.Equal(t, []string{"hall: RtmInvokeTooOftenError 7"}, again("hall"), "the 51st")
		w.alive(Rates[OpJoinSame].Window)
		w.forget()
		assert.Equal(t, []string{"room: ok"}, again("room"))
		assert.Len(t, w.joins, 1, "those of long ago are forgotten")
	})
}
