package gateway_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/session"
)

// FuzzSession: whatever a client sends once it is in, the gateway goes on to serve others,
// and what it answers can be read.
func FuzzSession(f *testing.F) {
	h := newHouse(f, nil, withTimes(session.Times{SessionTimeout: 50 * time.Millisecond}))
	for _, frames := range [][2]*wire.ClientFrame{
		{{Id: 1, Join: &wire.Join{Channel: "room"}}, {Id: 2, Send: &wire.Send{Channel: "room", Message: text("hi")}}},
		{{Id: 1, Send: &wire.Send{Peer: "bob", Offline: true, Message: text("hi")}}, {Id: 1, Bye: &wire.Bye{}}},
		{{Id: 7, Write: &wire.AttributeWrite{Channel: "room"}}, {Id: 6, Read: &wire.AttributeRead{Uid: "ada"}}},
		{{Id: 1, Presence: &wire.PresenceRequest{Uid: []string{"a", ""}}}, {Id: 2, Counts: &wire.Counts{Channel: []string{""}}}},
		{{Id: 1, Invitation: &wire.Invitation{Peer: "bob"}}, {Ack: &wire.Ack{Seq: 1 << 63}}},
		{{Id: 1, Renew: &wire.Renew{Token: "x"}}, {Hello: &wire.Hello{}}},
	} {
		first, err := frames[0].MarshalVT()
		require.NoError(f, err)
		second, err := frames[1].MarshalVT()
		require.NoError(f, err)
		f.Add(first, second)
	}
	var users atomic.Int64
	f.Fuzz(func(t *testing.T, first, second []byte) {
		c := connect(t, h, fmt.Sprint("user", users.Add(1)))
		unreadable := make(chan error, 1)
		go func() { unreadable <- c.check() }()
		for _, frame := range [][]byte{first, second} {
			select {
			case c.in <- frame:
			case <-c.closed:
			}
		}
		other := connect(t, h, fmt.Sprint("user", users.Add(1)))
		other.say(t, &wire.ClientFrame{Id: 1, Join: &wire.Join{Channel: "elsewhere"}})
		require.NotNil(t, other.hear(t).Joined)
		other.say(t, &wire.ClientFrame{Id: 2, Bye: &wire.Bye{}})
		go other.drain()
		_ = c.Close(1000, "")
		require.NoError(t, <-unreadable)
	})
}

// check reads to the end, and returns what is wrong with what it read.
func (c *memoryConn) check() (err error) {
	for {
		select {
		case b := <-c.out:
			if bad := new(wire.ServerFrame).UnmarshalVT(b); bad != nil {
				err = bad
			}
		case <-c.closed:
			return err
		}
	}
}

// connect logs a user in without a socket.
func connect(t testing.TB, h *house, uid string) *memoryConn {
	c := newMemoryConn()
	go h.server.ServeConn(context.Background(), c)
	c.say(t, &wire.ClientFrame{Hello: hello(appA, uid)})
	require.NotNil(t, c.hear(t).Welcome)
	return c
}
