package gateway

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"rtmwasm/core/wire"
)

// link is one socket of a session: the way out with its queue, and the watch over
// both ways.
type link struct {
	conn  Conn
	times Times
	meter Meter

	heard atomic.Int64 // when the last frame came, by sinceStart

	late *time.Timer // ends the writing when one frame takes too long; of run's goroutine

	wake   chan struct{} // holds one token when the queue has something new
	closed chan struct{} // closed by close

	mu     sync.Mutex // guards the rest
	queue  []outFrame
	bytes  int // of frames that are not written yet
	code   int // why closed
	reason string
}

// outFrame is a marshalled ServerFrame and the seq it gets on the way out.
type outFrame struct {
	seq    uint64
	body   []byte // without seq; shared with other sessions, never changed
	replay bool   // does not count against the queue: the session keeps it anyway
}

// bytes puts seq before the body: messages in protobuf wire format that follow each
// other are one message with the fields of both.
func (f outFrame) bytes() ([]byte, error) {
	if f.seq == 0 {
		return f.body, nil
	}
	head, err := (&wire.ServerFrame{Seq: f.seq}).MarshalVT()
	return append(head, f.body...), err
}

// weight is what counts against maxQueueBytes.
func (f outFrame) weight() int {
	if f.replay {
		return 0
	}
	return len(f.body) + frameOverhead
}

func newLink(conn Conn, times Times, meter Meter) *link {
	l := &link{
		conn:   conn,
		times:  times,
		meter:  meter,
		wake:   make(chan struct{}, 1),
		closed: make(chan struct{}),
	}
	l.hear()
	return l
}

var started = time.Now()

// sinceStart is a clock that nobody sets: silence is told by it.
func sinceStart() time.Duration { return time.Since(started) }

func (l *link) hear() { l.heard.Store(int64(sinceStart())) }

// silence is how much longer the client may be silent.
func (l *link) silence() time.Duration {
	return l.times.SilenceLimit - (sinceStart() - time.Duration(l.heard.Load()))
}

// send queues a frame. It reports false when the client is too slow for it.
func (l *link) send(f outFrame) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w := f.weight(); w > 0 && l.bytes+w > maxQueueBytes {
		return false
	}
	l.queue = append(l.queue, f)
	l.bytes += f.weight()
	select {
	case l.wake <- struct{}{}:
	default:
	}
	return true
}

// queued is how many bytes wait for the socket.
func (l *link) queued() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bytes
}

// close ends the link. The first code stands.
func (l *link) close(code int, reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.closed:
	default:
		l.code, l.reason = code, reason
		close(l.closed)
	}
}

var pingFrame, _ = (&wire.ServerFrame{Ping: &wire.Ping{}}).MarshalVT()

// run writes until the link is closed, then closes the socket. lost is called when
// the client can't be reached, with the code to close with.
func (l *link) run(ctx context.Context, lost func(code int, reason string)) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l.late = time.AfterFunc(l.times.Write, cancel) // one for all frames, which are many
	l.late.Stop()
	ping := time.NewTicker(l.times.PingInterval)
	defer ping.Stop()
	silent := time.NewTimer(l.silence())
	defer silent.Stop()
	for {
		ok := true
		select {
		case <-l.closed:
			l.meter.SocketClosed(l.code)
			_ = l.conn.Close(l.code, l.reason) // nobody is left to tell
			return
		case <-l.wake:
			ok = l.writeQueue(ctx)
		case <-ping.C:
			ok = l.write(ctx, pingFrame)
		case <-silent.C:
			left := l.silence()
			if left <= 0 {
				lost(wire.CloseSilent, "nothing was heard from you")
			}
			silent.Reset(max(left, time.Millisecond))
		}
		if !ok {
			lost(wire.CloseSlow, "writing to you failed or took too long")
		}
	}
}

// writeQueue writes all that is queued; it stops when the link is closed.
func (l *link) writeQueue(ctx context.Context) bool {
	for {
		l.mu.Lock()
		queue := l.queue
		l.queue = nil
		l.mu.Unlock()
		if len(queue) == 0 {
			return true
		}
		for _, f := range queue {
			select {
			case <-l.closed:
				return true
			default:
			}
			frame, err := f.bytes()
			if err != nil || !l.write(ctx, frame) {
				return false
			}
			l.mu.Lock()
			l.bytes -= f.weight()
			l.mu.Unlock()
		}
	}
}

func (l *link) write(ctx context.Context, frame []byte) bool {
	l.late.Reset(l.times.Write)
	defer l.late.Stop()
	l.meter.FrameOut(len(frame))
	return l.conn.Write(ctx, frame) == nil
}
