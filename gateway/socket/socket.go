// Package socket makes a WebSocket a session.Conn. Beside what the WebSocket's library does, it bounds the
// frames that a session never sees, closes at once after a violation, writes many frames at a time, and
// writes one without a goroutine where the network takes it.
package socket

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"

	"rtmwasm/core"
	"rtmwasm/gateway/session"
)

// closeTimeout bounds the closing handshake. After a violation there is no handshake: nothing
// is read any more (RFC 6455, 7.1.7).
const closeTimeout = 5 * time.Second

// Upgrade takes the connection of a request over, or answers why not.
func Upgrade(w http.ResponseWriter, r *http.Request) (*Socket, error) {
	spy := &hijackSpy{ResponseWriter: w}
	ws, err := websocket.Accept(spy, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true,
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(-1) // Socket.Read has its own, with a close code of its own
	return &Socket{ws: ws, raw: spy.conn}, nil
}

// Socket is a WebSocket.
type Socket struct {
	ws  *websocket.Conn
	raw *frameConn

	writing context.Context // of the last Write; its end closes raw
}

var _ session.Conn = (*Socket)(nil)

// Abort drops the connection and tells the client nothing.
func (c *Socket) Abort() { _ = c.raw.Close() }

// scratch holds frames while they come in, before their length is known.
var scratch = sync.Pool{New: func() any { return new([core.MaxFrameBytes + 1]byte) }}

// Read implements session.Conn.
func (c *Socket) Read(ctx context.Context) ([]byte, error) {
	kind, r, err := c.ws.Reader(ctx)
	if err != nil {
		return nil, c.readError(err)
	}
	if kind != websocket.MessageBinary {
		return nil, session.ErrNotBinary
	}
	buf := scratch.Get().(*[core.MaxFrameBytes + 1]byte)
	defer scratch.Put(buf)
	n, err := io.ReadFull(r, buf[:])
	switch {
	case err == nil:
		return nil, session.ErrTooLarge
	case err != io.EOF && err != io.ErrUnexpectedEOF:
		return nil, c.readError(err)
	}
	return slices.Clone(buf[:n]), nil
}

// readError is ErrProtocol for an error of the WebSocket itself: that neither of the
// connection, nor of a context, nor a close frame.
func (c *Socket) readError(err error) error {
	if c.raw.failed.Load() || websocket.CloseStatus(err) != -1 || errors.Is(err, session.ErrFlood) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%w: %w", session.ErrProtocol, err)
}

// Write implements session.Conn. It makes the frames itself, because the WebSocket would make a system call for each. And
// it watches a context once for all that is written under it.
func (c *Socket) Write(ctx context.Context, frames ...[]byte) error {
	if ctx != c.writing {
		c.writing = ctx
		context.AfterFunc(ctx, func() { _ = c.raw.Close() })
	}
	b := outgoing.Get().(*[]byte)
	defer outgoing.Put(b)
	*b = (*b)[:0]
	for _, frame := range frames {
		*b = appendMessage(*b, frame)
	}
	_, err := c.raw.Write(*b)
	return err
}

// TryWrite sends a frame if that needs no wait, see session.Conn.
func (c *Socket) TryWrite(frame []byte) bool {
	b := outgoing.Get().(*[]byte)
	defer outgoing.Put(b)
	*b = appendMessage((*b)[:0], frame)
	return c.raw.tryWrite(*b)
}

// outgoing holds what is written at a time, as the connection gets it.
var outgoing = sync.Pool{New: func() any { return new([]byte) }}

// appendMessage appends a binary message in one WebSocket frame (RFC 6455, 5.2). A server's have no
// mask.
func appendMessage(b, message []byte) []byte {
	const finalBinary = 0x82
	switch n := len(message); {
	case n < 126:
		b = append(b, finalBinary, byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, finalBinary, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, finalBinary, 127), uint64(n))
	}
	return append(b, message...)
}

// Close implements session.Conn.
func (c *Socket) Close(code int, reason string) error {
	if session.IsViolation(code) {
		c.raw.stopReading()
	}
	c.raw.closing.Store(true)
	kill := time.AfterFunc(closeTimeout, func() { _ = c.raw.Conn.Close() })
	defer kill.Stop()
	return c.ws.Close(websocket.StatusCode(code), reason)
}

// hijackSpy counts the frames on the connection that a handler takes over, and remembers it.
type hijackSpy struct {
	http.ResponseWriter
	conn *frameConn
}

// Hijack implements http.Hijacker.
func (h *hijackSpy) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, fmt.Errorf("take the connection over: %w", err)
	}
	early, _ := rw.Reader.Peek(rw.Reader.Buffered()) // never fails for what is there
	h.conn = newFrameConn(conn, slices.Clone(early))
	return h.conn, bufio.NewReadWriter(bufio.NewReaderSize(h.conn, readBuffer), bufio.NewWriterSize(h.conn, writeBuffer)), nil
}

// Sizes of a WebSocket's buffers, which it has even when it is idle. A frame that is longer than
// readBuffer takes a second read. writeBuffer holds a control frame.
const (
	readBuffer  = 2048
	writeBuffer = 128
)
