package native

import (
	"context"
	"errors"
	"sync"

	"github.com/coder/websocket"

	"rtmwasm/core"
)

// socket is a WebSocket with one goroutine that writes and one that reads.
type socket struct {
	h      *Host
	l      core.SocketListener
	cancel context.CancelFunc

	closed bool // by Close; guarded by the host's loop

	mu     sync.Mutex // guards the fields below; not held while a frame is written
	queue  [][]byte
	ending bool // close once the queue is empty
	more   chan struct{}
}

// Dial implements core.Host.
func (h *Host) Dial(url string, l core.SocketListener) core.Socket {
	ctx, cancel := context.WithCancel(context.Background())
	s := &socket{h: h, l: l, cancel: cancel, more: make(chan struct{}, 1)}
	go s.run(ctx, url)
	return s
}

// Send implements core.Socket.
func (s *socket) Send(frame []byte) {
	s.mu.Lock()
	s.queue = append(s.queue, frame)
	s.mu.Unlock()
	s.wake()
}

// Close implements core.Socket.
func (s *socket) Close() {
	s.closed = true
	s.mu.Lock()
	s.ending = true
	s.mu.Unlock()
	s.wake()
}

func (s *socket) wake() {
	select {
	case s.more <- struct{}{}:
	default:
	}
}

func (s *socket) run(ctx context.Context, url string) {
	defer s.cancel()
	conn, _, err := websocket.Dial(ctx, url, nil)
	if err != nil {
		s.tell(func() { s.l.Closed(closedAbnormally, err.Error()) })
		return
	}
	conn.SetReadLimit(4 * core.MaxFrameBytes) // frames with lists are longer than those that the gateway accepts
	defer conn.CloseNow()
	go s.write(ctx, conn)
	s.tell(s.l.Opened)
	for {
		kind, frame, err := conn.Read(ctx)
		if err != nil {
			s.tell(func() { s.l.Closed(closeStatus(err)) })
			return
		}
		if kind == websocket.MessageBinary {
			s.tell(func() { s.l.Received(frame) })
		}
	}
}

// write sends the queue in order until the socket ends.
func (s *socket) write(ctx context.Context, conn *websocket.Conn) {
	for {
		s.mu.Lock()
		queue, ending := s.queue, s.ending
		s.queue = nil
		s.mu.Unlock()
		for _, frame := range queue {
			if conn.Write(ctx, websocket.MessageBinary, frame) != nil {
				return // the reader gets an error, too
			}
		}
		if ending {
			conn.Close(websocket.StatusNormalClosure, "")
			return
		}
		select {
		case <-s.more:
		case <-ctx.Done():
			return
		}
	}
}

// tell calls the listener unless Close was called.
func (s *socket) tell(f func()) {
	s.h.Do(func() {
		if !s.closed {
			f()
		}
	})
}

// closedAbnormally is the code for a socket that ended without a close code. (RFC 6455, 7.4.1)
const closedAbnormally = 1006

func closeStatus(err error) (code int, reason string) {
	var e websocket.CloseError
	if errors.As(err, &e) {
		return int(e.Code), e.Reason
	}
	return closedAbnormally, err.Error()
}
