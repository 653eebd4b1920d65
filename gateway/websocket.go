package gateway

import (
	"bufio"
	"context"
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
)

// closeTimeout bounds the closing handshake. After a violation there is no handshake: nothing
// is read any more (RFC 6455, 7.1.7).
const closeTimeout = 5 * time.Second

// acceptSocket upgrades a request, if its address allows it.
func (s *Server) acceptSocket(w http.ResponseWriter, r *http.Request) {
	address := ClientAddress(r, s.config.Limits.TrustedProxies)
	s.warnOfProxy(r, address)
	leave, no := s.admission.enter(address, time.Now())
	if no != nil {
		s.refuseAddress(w, address, no)
		return
	}
	defer leave()
	leavePlace(r.Context())
	socket, err := upgrade(w, r)
	if err != nil {
		return // upgrade has answered the request
	}
	// The context of a request whose connection was taken over ends after it. One that
	// can't end is not watched for each frame.
	s.ServeConn(withAddress(context.WithoutCancel(r.Context()), address), socket)
}

// upgrade takes the connection of a request over, or answers why not.
func upgrade(w http.ResponseWriter, r *http.Request) (*socket, error) {
	spy := &hijackSpy{ResponseWriter: w}
	ws, err := websocket.Accept(spy, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true,
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(-1) // socket.Read has its own, with a close code of its own
	return &socket{ws: ws, raw: spy.conn}, nil
}

// socket makes a WebSocket a Conn.
type socket struct {
	ws  *websocket.Conn
	raw *frameConn

	writing context.Context // of the last Write; its end closes raw
}

// scratch holds frames while they come in, before their length is known.
var scratch = sync.Pool{New: func() any { return new([core.MaxFrameBytes + 1]byte) }}

func (c *socket) Read(ctx context.Context) ([]byte, error) {
	kind, r, err := c.ws.Reader(ctx)
	if err != nil {
		return nil, c.readError(err)
	}
	if kind != websocket.MessageBinary {
		return nil, ErrNotBinary
	}
	buf := scratch.Get().(*[core.MaxFrameBytes + 1]byte)
	defer scratch.Put(buf)
	n, err := io.ReadFull(r, buf[:])
	switch {
	case err == nil:
		return nil, ErrTooLarge
	case err != io.EOF && err != io.ErrUnexpectedEOF:
		return nil, c.readError(err)
	}
	return slices.Clone(buf[:n]), nil
}

// readError is ErrProtocol for an error of the WebSocket itself: that neither of the
// connection, nor of a context, nor a close frame.
func (c *socket) readError(err error) error {
	if c.raw.failed.Load() || websocket.CloseStatus(err) != -1 || errors.Is(err, ErrFlood) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrProtocol, err)
}

// Write watches a context once for all frames that are written under it, where the
// WebSocket would for each.
func (c *socket) Write(ctx context.Context, frame []byte) error {
	if ctx != c.writing {
		c.writing = ctx
		context.AfterFunc(ctx, func() { _ = c.raw.Close() })
	}
	return c.ws.Write(context.Background(), websocket.MessageBinary, frame)
}

func (c *socket) Close(code int, reason string) error {
	if isViolation(code) {
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
	h.conn = &frameConn{Conn: conn, early: slices.Clone(early)}
	rw.Reader.Reset(h.conn)
	rw.Writer.Reset(h.conn)
	return h.conn, rw, nil
}
