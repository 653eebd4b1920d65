package gateway_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway"
	"rtmwasm/gateway/mediastore/storetest"
	"rtmwasm/gateway/mediaurl"
	"rtmwasm/gateway/natsengine"
	"rtmwasm/gateway/rate"
	"rtmwasm/gateway/session"
)

// waitLimit bounds each wait for something that should come at once.
const waitLimit = 3 * time.Minute

// timeToReturn is the SessionTimeout of tests in which a client must return before it is over, however busy the
// machine is. Afterwards they wait until it is over, so they run in parallel.
const timeToReturn = 5 * time.Second

const (
	appA = "0123456789abcdef0123456789abcdef"
	appB = "ffffffffffffffffffffffffffffffff"
)

// TestMain fails the run when goroutines are left after all servers have ended.
func TestMain(m *testing.M) {
	before := runtime.NumGoroutine()
	code := m.Run()
	if flag.Lookup("test.fuzz").Value.String() != "" { // which has a goroutine for signals
		os.Exit(code)
	}
	deadline := time.Now().Add(waitLimit)
	for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if n := runtime.NumGoroutine(); code == 0 && n > before {
		stacks := make([]byte, 1<<20)
		fmt.Printf("%d goroutines are left, %d were there\n%s\n", n, before, stacks[:runtime.Stack(stacks, true)])
		code = 1
	}
	os.Exit(code)
}

func newEngine(t testing.TB) *natsengine.Engine {
	engine, err := natsengine.Open(t.Context(), natsengine.Options{Dir: t.TempDir(), Logger: quiet})
	require.NoError(t, err)
	t.Cleanup(engine.Close)
	return engine
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// house is one gateway under test.
type house struct {
	t      testing.TB
	server *gateway.Server
	url    string
}

// newHouse starts a gateway on an engine; nil means one of its own.
func newHouse(t testing.TB, engine *natsengine.Engine, change ...func(*gateway.Config)) *house {
	if engine == nil {
		engine = newEngine(t)
	}
	guard := lockGuard{engine, t}
	config := gateway.Config{Engine: guard, Events: guard, MediaStore: storetest.New(t, engine.MediaRecords()), MediaURLKeys: mediaurl.NewRing(engine.MediaKeys(), nil, 0), Logger: quiet}
	for _, c := range change {
		c(&config)
	}
	server, err := gateway.New(config)
	require.NoError(t, err)
	web := httptest.NewUnstartedServer(nil)
	web.Config = server.HTTPServer()
	web.Start()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), waitLimit)
		defer cancel()
		require.NoError(t, server.Close(ctx))
		web.Close()
	})
	return &house{t: t, server: server, url: web.URL}
}

func withTimes(times session.Times) func(*gateway.Config) {
	return func(c *gateway.Config) { c.Times = times }
}

// client is a WebSocket that speaks the protocol. Its methods are for one goroutine.
type client struct {
	t  testing.TB
	ws *websocket.Conn

	welcome *wire.Welcome
	uid     string
	lastID  uint32
	lastSeq uint64
	noAck   bool

	frames chan *wire.ServerFrame // closed when the socket is
	stash  []*wire.ServerFrame    // read while looking for something else
	closed error                  // why; read after frames is closed
}

// dial connects and says nothing. The client answers pings.
func (h *house) dial() *client {
	ws, _, err := websocket.Dial(h.t.Context(), strings.Replace(h.url, "http", "ws", 1)+"/rtm", nil)
	require.NoError(h.t, err)
	ws.SetReadLimit(-1)
	c := &client{t: h.t, ws: ws, frames: make(chan *wire.ServerFrame, 1<<16)}
	h.t.Cleanup(func() { _ = ws.CloseNow() })
	return c
}

func (c *client) listen() {
	go func() {
		defer close(c.frames)
		for {
			_, b, err := c.ws.Read(context.Background())
			if err != nil {
				c.closed = err
				return
			}
			var f wire.ServerFrame
			if err := f.UnmarshalVT(b); err != nil {
				c.closed = err
				return
			}
			if f.Ping != nil {
				_ = c.write(&wire.ClientFrame{Pong: &wire.Pong{}})
				continue
			}
			c.frames <- &f
		}
	}()
}

func (c *client) write(f *wire.ClientFrame) error {
	b, err := f.MarshalVT()
	require.NoError(c.t, err)
	ctx, cancel := context.WithTimeout(context.Background(), waitLimit)
	defer cancel()
	return c.ws.Write(ctx, websocket.MessageBinary, b)
}

func (c *client) send(f *wire.ClientFrame) { require.NoError(c.t, c.write(f)) }

// next returns the next frame that is no ping, and acknowledges it if it is a push.
func (c *client) next() *wire.ServerFrame {
	c.t.Helper()
	if len(c.stash) > 0 {
		f := c.stash[0]
		c.stash = c.stash[1:]
		return f
	}
	return c.receive()
}

func (c *client) receive() *wire.ServerFrame {
	c.t.Helper()
	select {
	case f, ok := <-c.frames:
		if !ok {
			require.FailNow(c.t, "the socket is closed", "%v", c.closed)
		}
		if f.Seq > c.lastSeq {
			c.lastSeq = f.Seq
			if !c.noAck {
				c.ack()
			}
		}
		return f
	case <-time.After(waitLimit):
		require.FailNow(c.t, "no frame came")
		return nil
	}
}

func (c *client) ack() { _ = c.write(&wire.ClientFrame{Ack: &wire.Ack{Seq: c.lastSeq}}) }

// ask sends a request and returns its answer; pushes that come first stay in order.
func (c *client) ask(f *wire.ClientFrame) *wire.ServerFrame {
	c.t.Helper()
	c.lastID++
	f.Id = c.lastID
	c.send(f)
	return c.answer(f.Id)
}

// burst sends requests without waiting for their answers. It returns their ids.
func (c *client) burst(n int, frame func(i int) *wire.ClientFrame) []uint32 {
	c.t.Helper()
	ids := make([]uint32, n)
	for i := range ids {
		c.lastID++
		f := frame(i)
		f.Id, ids[i] = c.lastID, c.lastID
		c.send(f)
	}
	return ids
}

// exceedRate has a client send one request more than the rate of op allows, and checks that the gateway refuses that
// one. It returns the client and the ids of the other requests. On a very busy machine the gateway may need longer than
// its window of the rate to read them. Then another client, from login too, tries.
func (h *house) exceedRate(op core.Op, login func() *client, frame func(i int) *wire.ClientFrame) (*client, []uint32) {
	h.t.Helper()
	for {
		c, n := login(), core.Rates[op].N
		began := time.Now()
		ids := c.burst(n+1, frame)
		over := c.answer(ids[n]) // the others may wait for other gateways
		if time.Since(began) < rate.Window(op) {
			require.Equal(h.t, wire.Refusal_TOO_OFTEN, over.Refusal.GetReason())
			return c, ids[:n]
		}
	}
}

func (c *client) answer(id uint32) *wire.ServerFrame {
	c.t.Helper()
	for i, f := range c.stash {
		if f.ReplyTo == id {
			c.stash = append(c.stash[:i:i], c.stash[i+1:]...)
			return f
		}
	}
	for {
		f := c.receive()
		if f.ReplyTo == id {
			return f
		}
		c.stash = append(c.stash, f)
	}
}

// closeCode waits for the socket's end.
func (c *client) closeCode() int {
	c.t.Helper()
	timeout := time.After(waitLimit)
	for {
		select {
		case _, ok := <-c.frames:
			if !ok {
				return int(websocket.CloseStatus(c.closed))
			}
		case <-timeout:
			require.FailNow(c.t, "the socket stays open")
		}
	}
}

// quiet asserts that nothing was pushed: the answer to a request comes first.
func (c *client) nothingPushed() {
	c.t.Helper()
	c.ask(&wire.ClientFrame{Members: &wire.Members{Channel: "no such"}})
	require.Empty(c.t, c.stash)
}

func hello(app, uid string) *wire.Hello {
	return &wire.Hello{Version: 1, AppId: app, Uid: uid, Sdk: "test"}
}

// knock connects and says Hello; it returns the answer.
func (h *house) knock(hello *wire.Hello) (*client, *wire.ServerFrame) {
	h.t.Helper()
	c := h.dial()
	c.listen()
	c.uid = hello.Uid
	c.send(&wire.ClientFrame{Hello: hello})
	f := c.next()
	c.welcome = f.Welcome
	return c, f
}

func (h *house) loginTo(app, uid string) *client {
	h.t.Helper()
	c, f := h.knock(hello(app, uid))
	require.NotNil(h.t, f.Welcome, "refused: %v", f.Refusal)
	return c
}

func (h *house) login(uid string) *client {
	h.t.Helper()
	return h.loginTo(appA, uid)
}

// resume comes back as c over a new socket, in the same session or in the next of its lineage. c is
// of no more use.
func (h *house) resume(c *client) *client {
	h.t.Helper()
	back := hello(appA, c.uid)
	back.Reconnect = true
	back.Resume = &wire.Resume{SessionId: c.welcome.SessionId, Credential: c.welcome.Credential, LastSeq: c.lastSeq}
	n, f := h.knock(back)
	require.NotNil(h.t, f.Welcome, "refused: %v", f.Refusal)
	if f.Welcome.Resumed {
		n.lastID, n.lastSeq = c.lastID, c.lastSeq
	}
	return n
}

// cut drops the socket without a word.
func (c *client) cut() { _ = c.ws.CloseNow() }

func (c *client) join(channel string) int {
	c.t.Helper()
	f := c.ask(&wire.ClientFrame{Join: &wire.Join{Channel: channel}})
	require.NotNil(c.t, f.Joined, "refused: %v", f.Refusal)
	return int(f.Joined.MemberCount)
}

func (c *client) members(channel string) []string {
	c.t.Helper()
	f := c.ask(&wire.ClientFrame{Members: &wire.Members{Channel: channel}})
	require.NotNil(c.t, f.MemberList, "refused: %v", f.Refusal)
	return f.MemberList.Uid
}

func text(s string) *wire.Message { return &wire.Message{Type: wire.Message_TEXT, Text: s} }

func toPeer(peer, s string) *wire.ClientFrame {
	return &wire.ClientFrame{Send: &wire.Send{Peer: peer, Message: text(s)}}
}

func toChannel(channel, s string) *wire.ClientFrame {
	return &wire.ClientFrame{Send: &wire.Send{Channel: channel, Message: text(s)}}
}

// delivery returns the next frame, which must be a delivery.
func (c *client) delivery() *wire.Delivery {
	c.t.Helper()
	f := c.next()
	require.NotNil(c.t, f.Delivery, "got %v", f)
	return f.Delivery
}

// change returns the next frame, which must be a MemberChange.
func (c *client) change() *wire.MemberChange {
	c.t.Helper()
	f := c.next()
	require.NotNil(c.t, f.MemberChange, "got %v", f)
	return f.MemberChange
}
