package natsengine

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/channel"
)

// A channel is listed once, however its members stand among those of others.
func TestChannelPages(t *testing.T) {
	e := openEngine(t, Options{Dir: t.TempDir()})
	enter := func(name, uid string) {
		m := memberOf("g1", uid, 1)
		m.Channel.Channel = name
		_, err := e.Enter(t.Context(), m)
		require.NoError(t, err)
	}
	want := map[string]int{}
	for i := range 300 {
		uid := fmt.Sprint("u", i)
		enter("crowd", uid)
		want["crowd"]++
		if i%100 == 50 {
			enter("rare", uid)
			want["rare"]++
		}
		if i >= 50 {
			enter(fmt.Sprint("own", i), uid)
			want[fmt.Sprint("own", i)]++
		}
	}
	for _, most := range []int{7, 100, 1000} {
		got := map[string]int{}
		for after := uint64(0); ; {
			page, next, err := e.Channels(t.Context(), testApp, after, most)
			require.NoError(t, err)
			assert.LessOrEqual(t, len(page), min(most, maxLooks))
			for _, ch := range page {
				assert.Zero(t, got[ch.Channel], "%s comes twice", ch.Channel)
				got[ch.Channel] = ch.Members
			}
			if next == 0 {
				break
			}
			require.Greater(t, next, after)
			after = next
		}
		assert.Equal(t, want, got)
	}
}

// However many channels there are, a page looks at a bounded number of them, so that it comes in time.
func TestChannelPageLooks(t *testing.T) {
	e := openEngine(t, Options{Dir: t.TempDir()})
	const channels, members = 2*maxLooks + 50, 3
	for i := range members { // so that most looks are at channels of earlier pages
		for j := range channels {
			m := memberOf("g1", fmt.Sprint("u", i), 1)
			m.Channel.Channel = fmt.Sprint("c", j)
			e.fillOne(t, m)
		}
	}
	<-e.js.PublishAsyncComplete()
	got, pages := map[string]bool{}, 0
	for after := uint64(0); ; pages++ {
		page, next, err := e.Channels(t.Context(), testApp, after, 1000)
		require.NoError(t, err)
		for _, ch := range page {
			assert.Equal(t, members, ch.Members)
			assert.False(t, got[ch.Channel], "%s comes twice", ch.Channel)
			got[ch.Channel] = true
		}
		if next == 0 {
			break
		}
		require.Greater(t, next, after)
		after = next
	}
	assert.Len(t, got, channels)
	assert.GreaterOrEqual(t, pages+1, channels*members/maxLooks)
}

// A channel whose first member left while somebody lists is not missed.
func TestChannelPageAfterALeave(t *testing.T) {
	e := openEngine(t, Options{Dir: t.TempDir()})
	enter := func(name, uid string) channel.Member {
		m := memberOf("g1", uid, 1)
		m.Channel.Channel = name
		_, err := e.Enter(t.Context(), m)
		require.NoError(t, err)
		return m
	}
	require.NoError(t, e.Leave(t.Context(), enter("square", "first"))) // is kept as removed for a moment
	enter("other", "first")
	enter("square", "second")
	page, next, err := e.Channels(t.Context(), testApp, 0, 1)
	require.NoError(t, err)
	require.Equal(t, "other", page[0].Channel)
	page, _, err = e.Channels(t.Context(), testApp, next, 1)
	require.NoError(t, err)
	require.Len(t, page, 1)
	assert.Equal(t, "square", page[0].Channel)
	assert.Equal(t, 1, page[0].Members)
}
