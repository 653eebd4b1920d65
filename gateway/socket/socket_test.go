package socket

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway/session"
)

// pipedWriter is the answer to an upgrade over a net.Pipe.
type pipedWriter struct {
	*httptest.ResponseRecorder
	conn net.Conn
}

func (w pipedWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return w.conn, bufio.NewReadWriter(bufio.NewReader(w.conn), bufio.NewWriter(w.conn)), nil
}

// pipedSocket is a WebSocket of the gateway, and the other end of its connection.
func pipedSocket(t *testing.T) (*Socket, net.Conn) {
	ours, theirs := net.Pipe()
	r := httptest.NewRequest("GET", "/rtm", nil)
	for name, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
	} {
		r.Header.Set(name, value)
	}
	s, err := Upgrade(pipedWriter{httptest.NewRecorder(), ours}, r)
	require.NoError(t, err)
	return s, theirs
}

var _ http.Hijacker = pipedWriter{}

// violations are what a client sends that it may not send.
var violations = map[string]struct {
	bytes []byte
	want  error
	codes []int // of which the first close frame has one
}{
	"pings":                   {bytes.Repeat(wsFrame(fin|opPing, 0), session.MaxFrames+1), session.ErrFlood, []int{wire.CloseFlood}},
	"pongs":                   {bytes.Repeat(wsFrame(fin|opPong, 5), session.MaxFrames+1), session.ErrFlood, []int{wire.CloseFlood}},
	"empty fragments":         {append(wsFrame(opBinary, 0), bytes.Repeat(wsFrame(opFragment, 0), session.MaxFrames)...), session.ErrFlood, []int{wire.CloseFlood}},
	"small fragments":         {append(wsFrame(opBinary, 1), bytes.Repeat(wsFrame(opFragment, 1), session.MaxFrames)...), session.ErrFlood, []int{wire.CloseFlood}},
	"pings among fragments":   {append(wsFrame(opBinary, 0), bytes.Repeat(append(wsFrame(opFragment, 0), wsFrame(fin|opPing, 0)...), session.MaxFrames)...), session.ErrFlood, []int{wire.CloseFlood}},
	"text":                    {wsFrame(fin|opTextFrame, 3), session.ErrNotBinary, []int{wire.CloseProtocol}},
	"a giant":                 {wsFrame(fin|opBinary, core.MaxFrameBytes+1), session.ErrTooLarge, []int{wire.CloseTooLarge}},
	"no mask":                 {[]byte{fin | opBinary, 1, 'x'}, session.ErrProtocol, []int{1002, wire.CloseProtocol}},
	"no mask on a ping":       {[]byte{fin | opPing, 0}, session.ErrProtocol, []int{1002, wire.CloseProtocol}},
	"a negative length":       {append([]byte{fin | opBinary, 0xff, 0xff}, make([]byte, 11)...), session.ErrProtocol, []int{1002, wire.CloseProtocol}},
	"a long ping":             {wsFrame(fin|opPing, 126), session.ErrProtocol, []int{1002, wire.CloseProtocol}},
	"a ping in fragments":     {wsFrame(opPing, 1), session.ErrProtocol, []int{1002, wire.CloseProtocol}},
	"reserved bits":           {wsFrame(fin|0x40|opBinary, 1), session.ErrProtocol, []int{1002, wire.CloseProtocol}},
	"a reserved opcode":       {wsFrame(fin|5, 1), session.ErrProtocol, []int{1002, wire.CloseProtocol}},
	"a fragment of nothing":   {wsFrame(fin|opFragment, 1), session.ErrProtocol, []int{1002, wire.CloseProtocol}},
	"a message in a message":  {append(wsFrame(opBinary, 600), wsFrame(fin|opBinary, 1)...), session.ErrProtocol, []int{1002, wire.CloseProtocol}},
	"a close frame of 1":      {wsFrame(fin|opCloseFrame, 1), session.ErrProtocol, []int{1002, wire.CloseProtocol}},
	"a close frame of code 0": {wsFrame(fin|opCloseFrame, 2), session.ErrProtocol, []int{1002, wire.CloseProtocol}},
}

// A client that breaks the rules is told, and the connection closed at once: nobody waits for
// its close frame, nor reads what else it sends.
func TestViolations(t *testing.T) {
	for name, v := range violations {
		testViolation(t, name+", then silence", v.bytes, nil, v.want, v.codes)
		testViolation(t, name+", then pings", v.bytes, wsFrame(fin|opPing, 0), v.want, v.codes)
	}
}

// testViolation sends b, and then more again and again.
func testViolation(t *testing.T, name string, b, more []byte, want error, codes []int) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s, theirs := pipedSocket(t)
			go func() {
				_, _ = theirs.Write(b) // which may end early
				for more != nil {
					if _, err := theirs.Write(more); err != nil {
						return
					}
				}
			}()
			received := make(chan []byte, 1)
			go func() {
				b, _ := io.ReadAll(theirs)
				received <- b
			}()
			began := time.Now()
			_, err := s.Read(t.Context())
			require.ErrorIs(t, err, want)
			violation, wrong := errors.AsType[*session.Violation](err)
			require.True(t, wrong)
			_ = s.Close(violation.Code, violation.Text)
			assert.Contains(t, codes, firstCloseCode(t, <-received))
			assert.Zero(t, time.Since(began), "in virtual time")
			_, err = theirs.Write([]byte{0})
			assert.Error(t, err, "the connection is closed")
		})
	})
}

// firstCloseCode finds the first close frame among frames of a server, and skips pongs.
func firstCloseCode(t *testing.T, b []byte) int {
	for len(b) >= 2 {
		n := int(b[1])
		if b[0] == fin|opCloseFrame {
			return int(b[2])<<8 | int(b[3])
		}
		b = b[2+n:]
	}
	t.Error("no close frame came")
	return 0
}

// What a client may do is no violation.
func TestNoViolations(t *testing.T) {
	for name, b := range map[string][]byte{
		"some pings":           bytes.Repeat(wsFrame(fin|opPing, 4), session.MaxFrames/2),
		"a message in 4 KiB":   append(append(wsFrame(opBinary, 4096), bytes.Repeat(wsFrame(opFragment, 4096), 7)...), wsFrame(fin|opFragment, 0)...),
		"a close frame":        wsFrame(fin|opCloseFrame, 0),
		"half a frame and end": wsFrame(fin|opBinary, 100)[:50],
		"nothing and end":      nil,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, theirs := pipedSocket(t)
				go func() { _, _ = io.Copy(io.Discard, theirs) }()
				go func() {
					_, _ = theirs.Write(b)
					_ = theirs.Close()
				}()
				for {
					_, err := s.Read(t.Context())
					if err != nil {
						_, wrong := errors.AsType[*session.Violation](err)
						assert.False(t, wrong, "%v", err)
						break
					}
				}
				_ = s.Close(wire.CloseRestart, "")
			})
		})
	}
}

// A client that has been told to go may not make the gateway read for long.
func TestClosingIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, theirs := pipedSocket(t)
		go func() { _, _ = io.Copy(io.Discard, theirs) }()
		sent := make(chan int)
		go func() {
			for n := 0; ; n++ {
				if _, err := theirs.Write(wsFrame(fin|opBinary, 10)); err != nil {
					sent <- n
					return
				}
			}
		}()
		_ = s.Close(wire.CloseRestart, "")
		assert.LessOrEqual(t, <-sent, session.MaxFrames+1000, "what waits in buffers included")
	})
}

// A client finds the messages as they were, however long, and however many are written at once.
func TestMessagesAreFramed(t *testing.T) {
	s, theirs := pipedSocket(t)
	client, _, err := websocket.Dial(t.Context(), "ws://gateway/rtm", &websocket.DialOptions{HTTPClient: &http.Client{Transport: upgraded{theirs}}})
	require.NoError(t, err)
	client.SetReadLimit(-1)
	var want [][]byte
	for _, n := range []int{0, 1, 125, 126, 127, 1<<16 - 1, 1 << 16, 1<<16 + 1} {
		want = append(want, bytes.Repeat([]byte{byte(n)}, n))
	}
	go func() { _ = s.Write(t.Context(), want...) }()
	for _, message := range want {
		kind, got, err := client.Read(t.Context())
		require.NoError(t, err)
		assert.Equal(t, websocket.MessageBinary, kind)
		assert.True(t, bytes.Equal(message, got), "%d bytes, want %d", len(got), len(message))
	}
}

// upgraded answers an upgrade with a connection.
type upgraded struct{ conn net.Conn }

func (u upgraded) RoundTrip(r *http.Request) (*http.Response, error) {
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return &http.Response{StatusCode: http.StatusSwitchingProtocols, Body: u.conn.(io.ReadWriteCloser), Header: http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Accept": {base64.StdEncoding.EncodeToString(sum[:])},
	}}, nil
}
