package coretest

import (
	"context"
	"crypto/sha256"
	"io"
	"slices"
	"sync"

	"rtmwasm/core"
	"rtmwasm/core/serial"
)

// Memory is a transport without sockets. It passes frames and requests to a gateway in the same
// process.
type Memory struct {
	serial.Loop // held during every call into a client

	// Serve runs the gateway's end of a connection. It returns when the connection has ended.
	Serve func(ctx context.Context, conn *Conn)

	// RoundTrip answers a request of the media service.
	RoundTrip func(ctx context.Context, r *core.HTTPRequest, body []byte) (status int, header func(string) string, answer []byte, err error)
}

var _ Transport = (*Memory)(nil)

// Dial implements core.Host.
func (m *Memory) Dial(_ string, l core.SocketListener) core.Socket {
	ctx, cancel := context.WithCancel(context.Background())
	c := &Conn{m: m, l: l, cancel: cancel, more: make(chan struct{}, 1)}
	go func() {
		c.tell(l.Opened)
		m.Serve(ctx, c)
		cancel()
	}()
	return c
}

// Conn is one connection. For the client it is a core.Socket. The gateway reads from it and
// writes to it.
type Conn struct {
	m      *Memory
	l      core.SocketListener
	cancel context.CancelFunc
	closed bool // the client gets no more events; guarded by the loop

	mu    sync.Mutex // guards the fields below
	queue [][]byte   // from the client
	ended bool       // the client closed
	more  chan struct{}
}

// Send implements core.Socket.
func (c *Conn) Send(frame []byte) {
	c.mu.Lock()
	c.queue = append(c.queue, frame)
	c.mu.Unlock()
	c.wake()
}

// wake makes Read look at the queue again.
func (c *Conn) wake() {
	select {
	case c.more <- struct{}{}:
	default:
	}
}

// tell calls the client's listener unless the connection is over.
func (c *Conn) tell(f func()) {
	c.m.Do(func() {
		if !c.closed {
			f()
		}
	})
}

// Read returns the next frame of the client, or io.EOF after the last. The gateway calls it.
func (c *Conn) Read(ctx context.Context) ([]byte, error) {
	for {
		c.mu.Lock()
		if len(c.queue) > 0 {
			frame := c.queue[0]
			c.queue = c.queue[1:]
			c.mu.Unlock()
			return frame, nil
		}
		ended := c.ended
		c.mu.Unlock()
		if ended {
			return nil, io.EOF
		}
		select {
		case <-c.more:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Write sends frames to the client. The gateway calls it.
func (c *Conn) Write(_ context.Context, frames ...[]byte) error {
	for _, frame := range frames {
		own := append([]byte(nil), frame...)
		c.tell(func() { c.l.Received(own) })
	}
	return nil
}

// gatewayEnd is the Conn for the gateway. Its Close has a code, unlike that of the client.
type gatewayEnd struct{ *Conn }

// GatewayEnd returns the connection for the gateway: Read, Write, and Close with a code.
func (c *Conn) GatewayEnd() interface {
	Read(context.Context) ([]byte, error)
	Write(context.Context, ...[]byte) error
	Close(code int, reason string) error
} {
	return gatewayEnd{c}
}

// Close ends the connection from the gateway's side.
func (e gatewayEnd) Close(code int, reason string) error {
	e.tell(func() {
		e.closed = true
		e.l.Closed(code, reason)
	})
	e.cancel()
	return nil
}

// Close implements core.Socket.
func (c *Conn) Close() {
	c.closed = true
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
	c.wake()
}

// Request implements core.Host.
func (m *Memory) Request(r *core.HTTPRequest, l core.HTTPListener) (abort func()) {
	ctx, cancel := context.WithCancel(context.Background())
	aborted := false // guarded by the loop
	tell := func(f func()) {
		m.Do(func() {
			if !aborted {
				f()
			}
		})
	}
	go func() {
		defer cancel()
		var body []byte
		if r.Body != nil {
			body = r.Body.(memoryBlob).b
		}
		status, header, answer, err := m.RoundTrip(ctx, r, body)
		tell(func() {
			if err != nil {
				l.Answered(nil, err)
				return
			}
			l.Progress(int64(max(len(body), len(answer))))
			l.Answered(&core.HTTPResponse{Status: status, Header: header, Body: memoryBlob{m, answer}}, nil)
		})
	}()
	return func() {
		aborted = true
		cancel()
	}
}

// memoryBlob is a Blob of bytes.
type memoryBlob struct {
	m *Memory
	b []byte
}

// Bytes implements Transport.
func (m *Memory) Bytes(b []byte) core.Blob { return memoryBlob{m, b} }

// Size implements core.Blob.
func (b memoryBlob) Size() int64 { return int64(len(b.b)) }

// Slice implements core.Blob.
func (b memoryBlob) Slice(from, to int64) core.Blob { return memoryBlob{b.m, b.b[from:to]} }

// Read implements core.Blob.
func (b memoryBlob) Read(from, to int64, done func([]byte, error)) {
	to = min(to, b.Size())
	out := b.b[min(from, to):to]
	b.m.AfterFunc(0, func() { done(out, nil) })
}

var _ core.Digester = (*Memory)(nil)

// SHA256 implements core.Digester.
func (m *Memory) SHA256(b core.Blob, part int64, done func(sums []byte, err error)) (able bool) {
	go func() {
		var sums []byte
		for bytes := range slices.Chunk(b.(memoryBlob).b, int(part)) {
			sum := sha256.Sum256(bytes)
			sums = append(sums, sum[:]...)
		}
		m.Do(func() { done(sums, nil) })
	}()
	return true
}

// Join implements core.Host.
func (m *Memory) Join(parts []core.Blob, _ string) core.Blob {
	var all []byte
	for _, p := range parts {
		all = append(all, p.(memoryBlob).b...)
	}
	return memoryBlob{m, all}
}

// NewBlob implements core.Host.
func (m *Memory) NewBlob(b []byte) core.Blob { return m.Bytes(b) }
