package gateway

import (
	"bufio"
	"context"
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

// closeTimeout bounds the closing handshake, whatever the client sends meanwhile.
const closeTimeout = 5 * time.Second

// acceptSocket upgrades a request, if its address allows it.
func (s *Server) acceptSocket(w http.ResponseWriter, r *http.Request) {
	address := clientAddress(r, s.config.Limits.TrustedProxies)
	s.warnOfProxy(r, address)
	leave, no := s.admission.enter(address, time.Now())
	if no != nil {
		if no.first {
			s.log.Warn("connections are refused; if this is a proxy, trust it", "address", address, "reason", no.why)
		}
		w.Header().Set("Retry-After", "10")
		http.Error(w, no.why+": try again later", http.StatusTooManyRequests)
		return
	}
	defer leave()
	spy := &hijackSpy{ResponseWriter: w}
	ws, err := websocket.Accept(spy, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true,
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		return // Accept has answered the request
	}
	ws.SetReadLimit(-1) // socket.Read has its own, with a close code of its own
	// The context of a request whose connection was taken over ends after it. One that
	// can't end is not watched for each frame.
	s.ServeConn(withAddress(context.WithoutCancel(r.Context()), address), &socket{ws: ws, raw: spy.conn})
}

// socket makes a WebSocket a Conn.
type socket struct {
	ws  *websocket.Conn
	raw net.Conn

	writing context.Context // of the last Write; its end closes raw
}

// scratch holds frames while they come in, before their length is known.
var scratch = sync.Pool{New: func() any { return new([core.MaxFrameBytes + 1]byte) }}

func (c *socket) Read(ctx context.Context) ([]byte, error) {
	kind, r, err := c.ws.Reader(ctx)
	if err != nil {
		return nil, err
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
		return nil, err
	}
	return slices.Clone(buf[:n]), nil
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
	kill := time.AfterFunc(closeTimeout, func() { _ = c.raw.Close() })
	defer kill.Stop()
	return c.ws.Close(websocket.StatusCode(code), reason)
}

// hijackSpy remembers the connection that a handler takes over.
type hijackSpy struct {
	http.ResponseWriter
	conn net.Conn
}

// Hijack implements http.Hijacker.
func (h *hijackSpy) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, fmt.Errorf("take the connection over: %w", err)
	}
	h.conn = conn
	return conn, rw, nil
}
