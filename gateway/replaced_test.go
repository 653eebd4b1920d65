package gateway_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
)

// lateConn is a socket whose frames go on arriving after it was closed, as those in the
// buffers of a network do.
type lateConn struct {
	in     chan []byte
	out    chan []byte
	closed chan struct{}
}

func (c *lateConn) Read(context.Context) ([]byte, error) {
	if b, ok := <-c.in; ok {
		return b, nil
	}
	return nil, io.EOF
}

func (c *lateConn) Write(_ context.Context, frames ...[]byte) error {
	select {
	case c.out <- bytes.Clone(frames[0]):
	default: // only Welcome is looked at
	}
	return nil
}

func (c *lateConn) Close(int, string) error {
	close(c.closed)
	return nil
}

// Requests that arrive late over a replaced socket must not overtake those that the
// client repeats over the new one: ids only rise, and the repeated would be refused.
func TestReplacedSocketIsNotHeard(t *testing.T) {
	const requests = 20
	h := newHouse(t, nil)
	bob := h.login("bob")
	frame := func(f *wire.ClientFrame) []byte {
		b, err := f.MarshalVT()
		require.NoError(t, err)
		return b
	}
	late := &lateConn{in: make(chan []byte, 1+requests), out: make(chan []byte, 1), closed: make(chan struct{})}
	served := make(chan struct{})
	go func() {
		defer close(served)
		h.server.ServeConn(context.Background(), late)
	}()
	late.in <- frame(&wire.ClientFrame{Hello: hello(appA, "ada")})
	var f wire.ServerFrame
	require.NoError(t, f.UnmarshalVT(<-late.out))
	require.NotNil(t, f.Welcome)

	back := h.resume(&client{uid: "ada", welcome: f.Welcome})
	<-late.closed
	send := func(id uint32) *wire.ClientFrame {
		return &wire.ClientFrame{Id: id, Send: toPeer("bob", fmt.Sprint(id)).Send}
	}
	for id := range uint32(requests) {
		late.in <- frame(send(id + 1))
	}
	close(late.in)
	<-served
	for id := range uint32(requests) {
		back.send(send(id + 1))
	}
	for id := range uint32(requests) {
		assert.Equal(t, fmt.Sprint(id+1), bob.delivery().Message.Text)
		assert.True(t, back.answer(id+1).GetSent().GetReceived(), "request %d", id+1)
	}
	bob.nothingPushed()
}
