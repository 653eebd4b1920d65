package gateway_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// crowd logs n users in, without sockets, and has them join a room.
func (h *house) crowd(room string, n int) {
	for i := range n {
		c := newMemoryConn()
		go h.server.ServeConn(context.Background(), c)
		h.t.Cleanup(func() { _ = c.Close(1000, "") })
		c.say(h.t, &wire.ClientFrame{Hello: hello(appA, fmt.Sprint("extra", i))})
		require.NotNil(h.t, c.hear(h.t).Welcome)
		c.say(h.t, &wire.ClientFrame{Id: 1, Join: &wire.Join{Channel: room}})
		f := c.hear(h.t)
		require.NotNil(h.t, f.Joined, "got %v", f)
		go c.drain()
	}
}

// counted waits for a count, and accepts other counts only before it.
func (c *client) counted(n uint32) {
	c.t.Helper()
	for {
		change := c.change()
		require.Empty(c.t, change.Uid)
		if change.MemberCount == n {
			return
		}
	}
}

// Up to 512 members each coming and going is told; above, how many there are, every few
// seconds, and lists are of 512.
func TestCrowd(t *testing.T) {
	engine := newEngine(t)
	near, far := newHouse(t, engine), newHouse(t, engine)
	ada, bob := near.login("ada"), far.login("bob")
	ada.join("room")
	bob.join("room")
	near.crowd("room", 510)
	for i := range 511 { // bob among them
		change := ada.change()
		require.True(t, change.Joined)
		require.EqualValues(t, i+2, change.MemberCount)
	}
	assert.Len(t, ada.members("room"), core.MaxToldMembers)

	more := []*client{far.login("m1"), far.login("m2"), far.login("m3")}
	for _, m := range more {
		m.join("room")
	}
	ada.counted(515)
	for bob.change().Uid != "" { // the same, behind what was told one by one
	}
	list := ada.members("room")
	assert.Len(t, list, core.MaxToldMembers)
	assert.Contains(t, list, "ada")
	seen := map[string]bool{}
	for _, uid := range list {
		seen[uid] = true
	}
	assert.Len(t, seen, core.MaxToldMembers, "nobody twice")

	for _, m := range more[:2] {
		m.send(&wire.ClientFrame{Leave: &wire.Leave{Channel: "room"}})
	}
	ada.counted(513)
	more[2].send(&wire.ClientFrame{Leave: &wire.Leave{Channel: "room"}})
	assertChange(t, ada.change(), "m3", false, 512)
	require.NotNil(t, ada.ask(toChannel("room", "hello all")).Sent)
	for {
		if f := bob.next(); f.Delivery != nil {
			assert.Equal(t, "hello all", f.Delivery.Message.Text)
			break
		}
	}
}
