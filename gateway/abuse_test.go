package gateway_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway/media"
	"rtmwasm/gateway/session"
)

func TestBadFrames(t *testing.T) {
	h := newHouse(t, nil)
	giant := bytes.Repeat([]byte{1}, core.MaxFrameBytes+1)
	for name, bad := range map[string]struct {
		kind websocket.MessageType
		data []byte
		code int
	}{
		"garbage":       {websocket.MessageBinary, []byte{0xff, 0xff, 0xff}, wire.CloseProtocol},
		"text":          {websocket.MessageText, []byte("hello"), wire.CloseProtocol},
		"giant":         {websocket.MessageBinary, giant, wire.CloseTooLarge},
		"huge length":   {websocket.MessageBinary, []byte{0x2a, 0xff, 0xff, 0xff, 0xff, 0x07}, wire.CloseProtocol},
		"another Hello": {websocket.MessageBinary, helloFrame(t), wire.CloseProtocol},
	} {
		t.Run(name+" after Welcome", func(t *testing.T) {
			bystander := h.login("bystander")
			c := h.login("ada")
			require.NoError(t, c.ws.Write(t.Context(), bad.kind, bad.data))
			assert.Equal(t, bad.code, c.closeCode())
			assert.Eventually(t, func() bool {
				_, err := h.server.Authenticate(t.Context(), c.welcome.Credential)
				return err == media.ErrUnauthorized
			}, waitLimit, time.Millisecond, "the session is over")
			bystander.nothingPushed()
		})
		if name == "another Hello" {
			continue
		}
		t.Run(name+" before Hello", func(t *testing.T) {
			c := h.dial()
			c.listen()
			require.NoError(t, c.ws.Write(t.Context(), bad.kind, bad.data))
			assert.Equal(t, bad.code, c.closeCode())
		})
	}
	t.Run("a request before Hello", func(t *testing.T) {
		c := h.dial()
		c.listen()
		c.send(toPeer("bob", "hi"))
		assert.Equal(t, wire.CloseProtocol, c.closeCode())
	})
}

func helloFrame(t testing.TB) []byte {
	b, err := (&wire.ClientFrame{Hello: hello(appA, "ada")}).MarshalVT()
	require.NoError(t, err)
	return b
}

func TestUnknownBodies(t *testing.T) {
	c := newHouse(t, nil).login("ada")
	require.NoError(t, c.ws.Write(t.Context(), websocket.MessageBinary, []byte{0xfa, 0x07, 0x01, 'x'}))
	c.nothingPushed()

	c.lastID++
	require.NoError(t, c.ws.Write(t.Context(), websocket.MessageBinary, []byte{0x08, byte(c.lastID), 0xfa, 0x07, 0x01, 'x'}))
	assert.Equal(t, wire.Refusal_BAD_REQUEST, c.answer(c.lastID).Refusal.GetReason(), "a client that asks for something new is told, rather than waiting for 10 s")
	c.nothingPushed()
}

func TestExactlyTheLargestFrame(t *testing.T) {
	c := newHouse(t, nil).login("ada")
	f := &wire.ClientFrame{Send: &wire.Send{Peer: "bob", Message: text(strings.Repeat("x", core.MaxFrameBytes))}}
	over := f.SizeVT() - core.MaxFrameBytes
	f.Send.Message.Text = f.Send.Message.Text[over:]
	c.lastID = 1
	f.Id = 1
	f.Send.Message.Text = f.Send.Message.Text[f.SizeVT()-core.MaxFrameBytes:]
	require.Equal(t, core.MaxFrameBytes, f.SizeVT())
	c.send(f)
	assert.Equal(t, wire.Refusal_TOO_LARGE, c.answer(1).Refusal.GetReason())
}

func TestNoHello(t *testing.T) {
	h := newHouse(t, nil, withTimes(session.Times{Hello: time.Second}))
	c := h.dial()
	c.listen()
	c.closeCode()
}

func TestSilence(t *testing.T) {
	h := newHouse(t, nil, withTimes(session.Times{PingInterval: 20 * time.Millisecond, SilenceLimit: 3 * time.Second}))
	talker := h.login("talker") // answers pings
	mute := h.dial()
	mute.send(&wire.ClientFrame{Hello: hello(appA, "mute")})
	pings := 0
	for {
		_, b, err := mute.ws.Read(t.Context())
		if err != nil {
			assert.Equal(t, wire.CloseSilent, int(websocket.CloseStatus(err)))
			break
		}
		var f wire.ServerFrame
		require.NoError(t, f.UnmarshalVT(b))
		if f.Ping != nil {
			pings++
		}
	}
	assert.Greater(t, pings, 3)
	talker.nothingPushed()
}

func TestFlood(t *testing.T) {
	h := newHouse(t, nil)
	c := h.login("ada")
	go func() {
		for c.write(&wire.ClientFrame{Pong: &wire.Pong{}}) == nil {
		}
	}()
	assert.Equal(t, wire.CloseFlood, c.closeCode())
}

// Frames that no session sees are counted, too: before Hello, and after login.
func TestFloodOfControlFrames(t *testing.T) {
	h := newHouse(t, nil)
	login := func() []byte {
		b := helloFrame(t)
		return append([]byte{0x82, 0x80 | byte(len(b)), 0, 0, 0, 0}, b...)
	}()
	for name, frame := range map[string][]byte{
		"pings":           {0x89, 0x80, 0, 0, 0, 0},
		"pongs":           {0x8a, 0x80, 0, 0, 0, 0},
		"empty fragments": {0x00, 0x80, 0, 0, 0, 0},
	} {
		for when, before := range map[string][]byte{"before Hello": nil, "after login": login} {
			t.Run(name+" "+when, func(t *testing.T) {
				c := h.raw(t, "GET /rtm HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
					"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
				r := bufio.NewReader(c)
				response, err := http.ReadResponse(r, nil)
				require.NoError(t, err)
				require.Equal(t, http.StatusSwitchingProtocols, response.StatusCode)
				_, err = c.Write(before)
				require.NoError(t, err)
				go func() {
					if frame[0] == 0 {
						_, _ = c.Write([]byte{0x02, 0x80, 0, 0, 0, 0}) // what the fragments are of
					}
					for many := bytes.Repeat(frame, 100); ; {
						if _, err := c.Write(many); err != nil {
							return
						}
					}
				}()
				code := 0
				for {
					var head [2]byte
					if _, err := io.ReadFull(r, head[:]); err != nil {
						requireNoTimeout(t, err)
						break
					}
					payload := make([]byte, head[1])
					if head[1] == 126 {
						var n [2]byte
						_, err = io.ReadFull(r, n[:])
						require.NoError(t, err)
						payload = make([]byte, binary.BigEndian.Uint16(n[:]))
					}
					_, err = io.ReadFull(r, payload)
					require.NoError(t, err)
					if head[0] == 0x88 {
						code = int(binary.BigEndian.Uint16(payload))
					}
				}
				assert.Equal(t, wire.CloseFlood, code)
			})
		}
	}
}

// Acknowledging much is no flood when much was received.
func TestBusyReceiverIsNoFlood(t *testing.T) {
	h := newHouse(t, nil)
	ada := h.login("ada")
	const senders = 14
	for i := range senders {
		c := h.login(fmt.Sprint("sender", i))
		go func() {
			for range core.SendRate {
				_ = c.write(toPeer("ada", "x"))
			}
		}()
	}
	ada.noAck = true
	for range senders * core.SendRate {
		ada.delivery()
	}
	for seq := range ada.lastSeq {
		ada.send(&wire.ClientFrame{Ack: &wire.Ack{Seq: seq + 1}})
	}
	ada.nothingPushed()
}

// A client that reads nothing loses its socket, not its session.
func TestSlowReader(t *testing.T) {
	h := newHouse(t, nil, withTimes(session.Times{Write: time.Minute}))
	sender, fast := h.login("sender"), h.login("fast")
	slow := newMemoryConn()
	go h.server.ServeConn(t.Context(), slow)
	slow.say(t, &wire.ClientFrame{Hello: hello(appA, "slow")})
	welcome := slow.hear(t).Welcome
	require.NotNil(t, welcome)
	slow.say(t, &wire.ClientFrame{Id: 1, Join: &wire.Join{Channel: "room"}})
	require.NotNil(t, slow.hear(t).Joined)
	fast.join("room")
	sender.join("room")
	for i := range 40 { // more than a queue holds
		sender.ask(toChannel("room", strings.Repeat(string(rune('A'+i)), core.MaxMessageBytes)))
	}
	for n := 0; n < 40; {
		if fast.next().Delivery != nil {
			n++
		}
	}

	go slow.drain()
	code := <-slow.closing
	assert.Equal(t, wire.CloseSlow, code)
	back := h.resume(&client{uid: "slow", welcome: welcome})
	require.True(t, back.welcome.Resumed)
	for last := -1; last < 39; {
		f := back.next()
		if f.Delivery == nil {
			continue
		}
		n := int(f.Delivery.Message.Text[0] - 'A')
		if last < 0 {
			require.LessOrEqual(t, n, 40-core.MaxMissedChannelMessages, "one more may still have been queued")
		} else {
			require.Equal(t, last+1, n)
		}
		last = n
	}
}

// memoryConn is a session.Conn without a socket. Writes wait for a reader.
type memoryConn struct {
	in, out chan []byte
	closing chan int // the first close code
	closed  chan struct{}
	once    sync.Once
}

var _ session.Conn = (*memoryConn)(nil)

func newMemoryConn() *memoryConn {
	return &memoryConn{in: make(chan []byte), out: make(chan []byte), closing: make(chan int, 1), closed: make(chan struct{})}
}

func (c *memoryConn) Read(ctx context.Context) ([]byte, error) {
	select {
	case b := <-c.in:
		return b, nil
	case <-c.closed:
		return nil, io.EOF
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (c *memoryConn) Write(ctx context.Context, frames ...[]byte) error {
	for _, frame := range frames {
		select {
		case c.out <- bytes.Clone(frame):
		case <-c.closed:
			return io.ErrClosedPipe
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (c *memoryConn) Close(code int, _ string) error {
	c.once.Do(func() {
		c.closing <- code
		close(c.closed)
	})
	return nil
}

func (c *memoryConn) say(t testing.TB, f *wire.ClientFrame) {
	b, err := f.MarshalVT()
	require.NoError(t, err)
	c.in <- b
}

func (c *memoryConn) hear(t testing.TB) *wire.ServerFrame {
	for {
		var f wire.ServerFrame
		require.NoError(t, f.UnmarshalVT(<-c.out))
		if f.Ping == nil {
			return &f
		}
	}
}

// drain answers pings, and drops all else.
func (c *memoryConn) drain() {
	pong, _ := (&wire.ClientFrame{Pong: &wire.Pong{}}).MarshalVT() // never fails
	for {
		select {
		case b := <-c.out:
			var f wire.ServerFrame
			if f.UnmarshalVT(b) != nil || f.Ping == nil {
				continue
			}
			select {
			case c.in <- pong:
			case <-c.closed:
				return
			}
		case <-c.closed:
			return
		}
	}
}
