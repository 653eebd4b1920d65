// Package socket makes a WebSocket a session.Conn. In addition to the WebSocket library, it limits
// frames that a session does not see, closes at once after a violation, writes many frames at a
// time, and writes one frame without a goroutine if the network takes it.
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

// closeTimeout limits the closing handshake. After a violation there is no handshake, because
// nothing is read any more (RFC 6455, 7.1.7).
const closeTimeout = 5 * time.Second

// Upgrade turns a request into a WebSocket, or answers the request with the reason why not.
func Upgrade(w http.ResponseWriter, r *http.Request) (*Socket, error) {
	recorder := &hijackRecorder{ResponseWriter: w}
	ws, err := websocket.Accept(recorder, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true,
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(-1) // Socket.Read has its own limit and close code
	return &Socket{ws: ws, raw: recorder.conn}, nil
}

// Socket is a WebSocket.
type Socket struct {
	ws  *websocket.Conn
	raw *frameConn

	writing context.Context // of the last Write; when it ends, raw is closed
}

var _ session.Conn = (*Socket)(nil)

// Abort closes the connection without a close frame.
func (c *Socket) Abort() { _ = c.raw.Close() }

// scratch has buffers for frames that are being read, whose length is not known yet.
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

// readError returns ErrProtocol for an error of the WebSocket itself. An error of the connection or
// of a context, or a close frame, is returned as it is.
func (c *Socket) readError(err error) error {
	if c.raw.failed.Load() || websocket.CloseStatus(err) != -1 || errors.Is(err, session.ErrFlood) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%w: %w", session.ErrProtocol, err)
}

// Write implements session.Conn. It encodes the frames itself, because the library would make a
// system call for each. It watches a context once for all writes with that context.
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

// TryWrite sends a frame if that needs no waiting: see session.Conn.
func (c *Socket) TryWrite(frame []byte) bool {
	b := outgoing.Get().(*[]byte)
	defer outgoing.Put(b)
	*b = appendMessage((*b)[:0], frame)
	return c.raw.tryWrite(*b)
}

// outgoing has buffers for encoded frames.
var outgoing = sync.Pool{New: func() any { return new([]byte) }}

// appendMessage appends a binary message as one WebSocket frame (RFC 6455, 5.2). Frames of a server
// have no mask.
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

// hijackRecorder wraps the connection that a handler takes over in a frameConn, and stores it.
type hijackRecorder struct {
	http.ResponseWriter
	conn *frameConn
}

// Hijack implements http.Hijacker.
func (h *hijackRecorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, fmt.Errorf("take the connection over: %w", err)
	}
	early, _ := rw.Reader.Peek(rw.Reader.Buffered()) // never fails for buffered bytes
	h.conn = newFrameConn(conn, slices.Clone(early))
	return h.conn, bufio.NewReadWriter(bufio.NewReaderSize(h.conn, readBuffer), bufio.NewWriterSize(h.conn, writeBuffer)), nil
}

// Sizes of a WebSocket's buffers, which exist even while it is idle. A frame longer than readBuffer
// takes a second read. writeBuffer fits a control frame.
const (
	readBuffer  = 2048
	writeBuffer = 128
)
