package tests

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// stranger is a socket to the gateway on which a test does as it likes.
type stranger struct {
	t *testing.T
	*websocket.Conn
	raw     net.Conn // below Conn
	welcome *wire.Welcome
	sent    uint32
}

// intrude connects; it may fail, as gateways turn crowds away.
func intrude(ctx context.Context, t *testing.T, addr string) (*stranger, error) {
	s := &stranger{t: t}
	dial := func(ctx context.Context, network, addr string) (_ net.Conn, err error) {
		s.raw, err = new(net.Dialer).DialContext(ctx, network, addr)
		return s.raw, err
	}
	var err error
	s.Conn, _, err = websocket.Dial(ctx, "ws://"+addr+"/rtm", &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: &http.Transport{DialContext: dial}},
	})
	if err != nil {
		return nil, err
	}
	s.SetReadLimit(-1)
	return s, nil
}

// intrudeAs logs in, too.
func intrudeAs(ctx context.Context, t *testing.T, addr, uid string) (*stranger, error) {
	s, err := intrude(ctx, t, addr)
	if err != nil {
		return nil, err
	}
	err = s.say(ctx, &wire.ClientFrame{Hello: &wire.Hello{Version: 1, AppId: hostileApp, Uid: uid}})
	if err == nil {
		s.welcome, err = s.hearWelcome(ctx)
	}
	return s, err
}

const hostileApp = "0123456789abcdef0123456789abcdef"

func (s *stranger) say(ctx context.Context, f *wire.ClientFrame) error {
	b, err := f.MarshalVT()
	if err != nil {
		return err
	}
	return s.Write(ctx, websocket.MessageBinary, b)
}

func (s *stranger) hearWelcome(ctx context.Context) (*wire.Welcome, error) {
	_, b, err := s.Read(ctx)
	var f wire.ServerFrame
	if err == nil {
		err = f.UnmarshalVT(b)
	}
	if err == nil && f.Welcome == nil {
		err = fmt.Errorf("refused: %s", f.Refusal.GetText())
	}
	return f.Welcome, err
}

// message is a request to bring the largest text there is to a user.
func (s *stranger) message(to string) *wire.ClientFrame {
	s.sent++
	return &wire.ClientFrame{Id: s.sent, Send: &wire.Send{Peer: to, Message: &wire.Message{Type: wire.Message_TEXT, Text: strings.Repeat("x", core.MaxMessageBytes)}}}
}

// memory is what the gateway's process has in memory, in bytes.
func (s *service) memory() int64 {
	s.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.Process.Pid))
	require.NoError(s.t, err)
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	n, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	require.NoError(s.t, err)
	return n << 10
}

// hostilities are what strangers do to a gateway. Each calls hit for what it did, and ends
// with ctx or when it has done enough.
var hostilities = map[string]struct {
	enough int64 // hits after which it has come off; twice the crowd: the gateway has cut the first off
	attack func(ctx context.Context, t *testing.T, addr string, nth int, hit func())
	crowd  int // how many do it at a time
}{
	"flood": {2, func(ctx context.Context, t *testing.T, addr string, nth int, hit func()) {
		s, err := intrudeAs(ctx, t, addr, fmt.Sprint("flooder", nth))
		if err != nil {
			return
		}
		go func() {
			for s.say(ctx, &wire.ClientFrame{Pong: &wire.Pong{}}) == nil {
			}
		}()
		if s.closeCode(ctx) == wire.CloseFlood {
			hit()
		}
	}, 2},
	"a flood of pings": {2, func(ctx context.Context, t *testing.T, addr string, nth int, hit func()) {
		s, err := intrudeAs(ctx, t, addr, fmt.Sprint("pinger", nth))
		if err != nil {
			return
		}
		go func() { // many at once, since a machine that is busy may not take enough of them one by one
			ping := strings.Repeat("\x89\x80\x00\x00\x00\x00", 10_000)
			for err := error(nil); err == nil; {
				_, err = io.WriteString(s.raw, ping)
			}
		}()
		if s.closeCode(ctx) == wire.CloseFlood {
			hit()
		}
	}, 2},
	"a flood of empty fragments before the login": {2, func(ctx context.Context, t *testing.T, addr string, _ int, hit func()) {
		slowly("GET /rtm HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
			"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n\x02\x80\x00\x00\x00\x00"+strings.Repeat("\x00\x80\x00\x00\x00\x00", 100_000), 0)(ctx, t, addr, 0, hit)
	}, 2},
	"a giant frame": {20, func(ctx context.Context, t *testing.T, addr string, _ int, hit func()) {
		s, err := intrude(ctx, t, addr)
		if err != nil {
			return
		}
		go func() { // never ending
			w, err := s.Writer(ctx, websocket.MessageBinary)
			for err == nil {
				_, err = w.Write(make([]byte, 64<<10))
			}
		}()
		if s.closeCode(ctx) == wire.CloseTooLarge {
			hit()
		}
	}, 4},
	"garbage": {20, func(ctx context.Context, t *testing.T, addr string, nth int, hit func()) {
		s, err := intrudeAs(ctx, t, addr, fmt.Sprint("babbler", nth))
		if err != nil {
			return
		}
		if s.Write(ctx, websocket.MessageBinary, []byte{0xff, 0xff, 0xff}) == nil && s.closeCode(ctx) == wire.CloseProtocol {
			hit()
		}
	}, 4},
	"no WebSocket at all": {8, slowly("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 0), 4},
	"slow headers":        {200, slowly("GET /rtm HTTP/1.1\r\nHost: x\r\nX-Slow: ", time.Second), 100},
	"bodies that do not come": {168, func(ctx context.Context, t *testing.T, addr string, nth int, hit func()) {
		paths := []string{"/", "/healthz", "/readyz", "/sdk/rtm.wasm", "/rtm", "/media/", "/none"}
		forms := []string{"Content-Length: 3\r\n\r\n", "Content-Length: 1000000\r\n\r\nx", "Transfer-Encoding: chunked\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n10\r\nx"}
		method := []string{"GET", "POST", "PATCH"}[nth%3]
		slowly(method+" "+paths[nth/3%len(paths)]+" HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\nUpload-Length: 1000\r\n"+
			forms[nth/21%len(forms)], time.Second)(ctx, t, addr, nth, hit)
	}, 84},
	"half a frame": {200, slowly("GET /rtm HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n\x82\xfe\x40\x00", time.Second), 100},
	"half-open sockets": {200, slowly("", 0), 100},
	"slow bodies": {9, func(ctx context.Context, t *testing.T, addr string, nth int, hit func()) {
		s, err := intrudeAs(ctx, t, addr, fmt.Sprint("dripper", nth))
		if err != nil {
			return
		}
		go s.closeCode(ctx) // reads, and answers nothing: 15 s
		slowly("POST /media/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+s.welcome.Credential+"\r\nTus-Resumable: 1.0.0\r\n"+
			"Upload-Length: 30000000\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: 30000000\r\n\r\n", time.Second)(ctx, t, addr, nth, hit)
	}, 9},
	"10 000 connects": {10_000, func(ctx context.Context, t *testing.T, addr string, _ int, hit func()) {
		c, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err == nil {
			hit()
			_ = c.Close()
		}
	}, 20},
}

// slowly says a beginning, and then a byte each time, until it is cut off.
func slowly(begin string, each time.Duration) func(context.Context, *testing.T, string, int, func()) {
	return func(ctx context.Context, t *testing.T, addr string, _ int, hit func()) {
		c, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err != nil {
			return
		}
		defer c.Close()
		defer context.AfterFunc(ctx, func() { _ = c.Close() })()
		if _, err := io.WriteString(c, begin); err != nil {
			return
		}
		hit()
		if each == 0 {
			_, _ = io.Copy(io.Discard, c)
			return
		}
		go func() { _, _ = io.Copy(io.Discard, c) }()
		for tick := time.NewTicker(each); ; {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if _, err := c.Write([]byte("x")); err != nil {
					return
				}
			}
		}
	}
}

// closeCode reads to the end.
func (s *stranger) closeCode(ctx context.Context) int {
	defer s.CloseNow()
	for {
		if _, _, err := s.Read(ctx); err != nil {
			return int(websocket.CloseStatus(err))
		}
	}
}

// testHostile: whatever strangers do, all at the same time, users are served and memory is
// bounded.
func testHostile(t *testing.T, program string) {
	g := serve(t, program, "--listen", "127.0.0.1:0", "--data", t.TempDir())
	alice, bob := login(t, g.addr(), "alice"), login(t, g.addr(), "bob")
	others := idleElsewhere(t, program, 10)
	content := randomFile(4 << 20)
	stored := alice.store(t, content)
	before := g.memory()

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	hits := map[string]*atomic.Int64{}
	ended := make(chan struct{}, 1000)
	running := 0
	for name, h := range hostilities {
		n := &atomic.Int64{}
		hits[name] = n
		for nth := range h.crowd {
			running++
			go func() {
				for ctx.Err() == nil {
					h.attack(ctx, t, g.addr(), nth, func() { n.Add(1) })
				}
				ended <- struct{}{}
			}()
		}
	}
	served := 0
	peak := before
	short := func() (names []string) { // attacks that have not come off
		for name, n := range hits {
			if n.Load() < hostilities[name].enough {
				names = append(names, name)
			}
		}
		return names
	}
	pace := time.NewTicker(core.SendRateWindow / core.SendRate * 2)
	defer pace.Stop()
	for until := time.Now().Add(2 * waitLimit); served < 50 || len(short()) > 0; served++ {
		if time.Now().After(until) {
			require.FailNow(t, "attacks do not come off", "%v", short())
		}
		<-pace.C
		alice.says(t, "bob", strconv.Itoa(served))
		require.Equal(t, "alice: "+strconv.Itoa(served), next(t, bob.texts))
		peak = max(peak, g.memory())
	}
	assert.Equal(t, content, bob.fetch(t, stored))
	assert.Equal(t, content, alice.fetch(t, bob.store(t, content)))
	assert.Empty(t, g.notReady())
	assertStay(t, []*member{alice, bob}, others)
	for name, n := range hits {
		t.Log(name, n.Load())
	}
	t.Logf("%d messages; %d MiB before, %d at the peak", served, before>>20, peak>>20)
	assert.Less(t, peak, before+192<<20)
	stop()
	for range running {
		<-ended
	}
}
