package gateway_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway/natsengine"
)

// rejoin joins as a client does that returns in a new session.
func (c *client) rejoin(channel string, since time.Time) {
	c.t.Helper()
	f := c.ask(&wire.ClientFrame{Join: &wire.Join{Channel: channel, SinceMs: since.UnixMilli()}})
	require.NotNil(c.t, f.Joined, "refused: %v", f.Refusal)
}

func TestMissedChannelMessagesFollowTheJoin(t *testing.T) {
	h := newHouse(t, nil)
	ada, bob, eve := h.login("ada"), h.login("bob"), h.login("eve")
	for _, c := range []*client{ada, bob, eve} {
		c.join("room")
	}
	began := time.Now()
	ada.ask(toChannel("room", "one"))
	ada.join("other")
	ada.ask(toChannel("other", "elsewhere"))
	bob.change()
	got := bob.delivery()
	require.Eventually(t, func() bool { return time.Now().UnixMilli() > got.ServerReceivedMs }, waitLimit, time.Millisecond)
	ada.ask(toChannel("room", "two"))
	eve.ask(toChannel("room", "three"))

	again := h.login("bob") // the former session is displaced
	again.rejoin("room", time.UnixMilli(got.ServerReceivedMs+1))
	ada.ask(toChannel("room", "four"))
	for _, want := range []string{"two", "three", "four"} {
		assert.Equal(t, want, again.delivery().Message.Text)
	}
	again.nothingPushed()

	h.login("max").join("room")
	last := h.login("ada")
	last.rejoin("room", began)
	assert.Equal(t, "three", last.delivery().Message.Text, "not one's own")
	last.nothingPushed()
}

func TestJoinBringsNothingMissed(t *testing.T) {
	h := newHouse(t, nil)
	ada, bob, eve := h.login("ada"), h.login("bob"), h.login("eve")
	ada.join("room")
	eve.join("room")
	ada.ask(toChannel("room", "one"))
	require.Equal(t, "one", eve.delivery().Message.Text) // it is answered when it is safe, a moment before it comes
	bob.join("room")
	bob.nothingPushed()
}

func TestMissedChannelMessagesAreLimited(t *testing.T) {
	h := newHouse(t, nil)
	ada, bob, eve := h.login("ada"), h.login("bob"), h.login("eve")
	for _, channel := range []string{"many", "large"} {
		ada.join(channel)
		eve.join(channel)
	}
	began := time.Now()
	long := strings.Repeat("x", core.MaxMessageBytes-4)
	for i := range core.MaxMissedChannelMessages + 3 {
		ada.ask(toChannel("many", fmt.Sprint(i)))
		ada.ask(toChannel("large", fmt.Sprintf("%04d", i)+long))
		eve.delivery() // a message is answered a moment before it comes
		eve.delivery()
	}
	bob.rejoin("many", began)
	for i := range core.MaxMissedChannelMessages {
		require.Equal(t, fmt.Sprint(i+3), bob.delivery().Message.Text)
	}
	bob.rejoin("large", began)
	for i := range 6 {
		require.Equal(t, fmt.Sprintf("%04d", 29+i), bob.delivery().Message.Text[:4], "the latest")
	}
	bob.nothingPushed()
}

func TestMissedChannelMessagesOutliveTheGateway(t *testing.T) {
	dir := t.TempDir()
	engine, err := natsengine.Open(t.Context(), natsengine.Options{Dir: dir, Logger: quiet})
	require.NoError(t, err)
	began := time.Now()
	t.Run("before", func(t *testing.T) {
		ada := newHouse(t, engine).login("ada")
		ada.join("room")
		ada.ask(toChannel("room", "one"))
	})
	engine.Close()
	engine, err = natsengine.Open(t.Context(), natsengine.Options{Dir: dir, Logger: quiet})
	require.NoError(t, err)
	t.Cleanup(engine.Close)
	bob := newHouse(t, engine).login("bob")
	bob.rejoin("room", began)
	assert.Equal(t, "one", bob.delivery().Message.Text)
}
