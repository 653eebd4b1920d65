package session

import (
	"context"
	"encoding/binary"
	"sync"
	"sync/atomic"
	"time"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/clock"
)

// link is one socket of a session: the queue of frames to write, and the timers that watch reading
// and writing. It has a goroutine only while it writes, because most sessions are idle.
type link struct {
	conn  Conn
	times Times
	meter Meter

	lastFrame atomic.Int64 // when the last frame was received, by clock.Now

	writing context.Context // of all writes
	cancel  func()          // ends it
	late    *time.Timer     // calls cancel when one write takes too long

	closed chan struct{} // closed by close
	ended  chan struct{} // closed after the socket was closed

	mu     sync.Mutex // guards the rest
	lost   func(code int, reason string)
	queue  []outFrame
	bytes  int           // of frames that are not written yet
	busy   bool          // a goroutine runs write
	tick   *time.Timer   // for the next ping or the end of SilenceLimit
	pingAt time.Duration // when the next ping is due, by clock.Now
	code   int           // code and reason of close
	reason string
}

// outFrame is a marshalled ServerFrame and the seq that is added when it is written.
type outFrame struct {
	seq    uint64
	body   []byte // without seq; shared with other sessions, never changed
	replay bool   // does not count for maxQueueBytes: the session stores it anyway
}

// appendTo writes seq before the body. In the protobuf wire format, two messages one after the
// other are one message with the fields of both.
func (f outFrame) appendTo(b []byte) []byte {
	if f.seq != 0 {
		b = append(b, seqTag)
		b = binary.AppendUvarint(b, f.seq)
	}
	return append(b, f.body...)
}

// seqTag begins the field ServerFrame.seq: number 2, a varint.
const seqTag = 2 << 3

// weight is how many bytes count for maxQueueBytes.
func (f outFrame) weight() int {
	if f.replay {
		return 0
	}
	return len(f.body) + channel.FrameOverhead
}

// newLink returns a link that must be closed. When ctx ends, its socket is closed.
func newLink(ctx context.Context, conn Conn, times Times, meter Meter) *link {
	l := &link{
		conn:   conn,
		times:  times,
		meter:  meter,
		closed: make(chan struct{}),
		ended:  make(chan struct{}),
	}
	l.writing, l.cancel = context.WithCancel(ctx)
	l.late = time.AfterFunc(times.Write, l.cancel) // one timer for all writes, because there are many
	l.late.Stop()
	l.touch()
	return l
}

func (l *link) touch() { l.lastFrame.Store(int64(clock.Now())) }

// silence returns how much longer the client may be silent.
func (l *link) silence() time.Duration {
	return l.times.SilenceLimit - (clock.Now() - time.Duration(l.lastFrame.Load()))
}

// watch starts the pings and checks the client's silence. It calls lost if the client cannot be
// reached, with the code to close with. lost must close the link.
func (l *link) watch(lost func(code int, reason string)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lost = lost
	l.pingAt = l.nextPing(clock.Now())
	if !l.isClosed() {
		l.tick = time.AfterFunc(min(l.pingAt-clock.Now(), l.silence()), l.onTick)
	}
}

// nextPing returns when the next ping is due: within an interval, at one of a few times that all
// links share. Waking the process up costs more than a ping.
func (l *link) nextPing(after time.Duration) time.Duration {
	const times = 25 // in an interval
	step := max(l.times.PingInterval/times, 1)
	return (after + l.times.PingInterval).Truncate(step)
}

func (l *link) onTick() {
	left := l.silence()
	if left <= 0 {
		l.fail(wire.CloseSilent, "the client was silent for too long")
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isClosed() {
		return
	}
	if clock.Now() >= l.pingAt {
		l.pingAt = l.nextPing(clock.Now())
		l.enqueue(outFrame{body: pingFrame, replay: true}) // also during a write: clients send acknowledgements with the answer
	}
	l.tick.Reset(max(min(l.pingAt-clock.Now(), left), time.Millisecond))
}

var pingFrame, _ = (&wire.ServerFrame{Ping: &wire.Ping{}}).MarshalVT()

// send queues a frame. It returns false if the client is too slow.
func (l *link) send(f outFrame) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w := f.weight(); w > 0 && l.bytes+w > maxQueueBytes {
		return false
	}
	if !l.isClosed() {
		l.enqueue(f)
	}
	return true
}

// enqueue writes or queues a frame. l.mu is held.
func (l *link) enqueue(f outFrame) {
	if !l.busy && l.tryWrite(f) {
		return
	}
	l.queue = append(l.queue, f)
	l.bytes += f.weight()
	if !l.busy {
		l.busy = true
		go l.write()
	}
}

// tryWrite writes a frame if the socket takes it at once.
func (l *link) tryWrite(f outFrame) bool {
	conn, ok := l.conn.(instantWriter)
	if !ok {
		return false
	}
	b := batches.Get().(*batch)
	defer b.release()
	b.fill([]outFrame{f})
	if !conn.TryWrite(b.frames[0]) {
		return false
	}
	l.meter.FrameOut(len(b.frames[0]))
	return true
}

// queued returns how many bytes wait for the socket.
func (l *link) queued() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bytes
}

// close ends the link. The first code and reason count.
func (l *link) close(code int, reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isClosed() {
		return
	}
	l.code, l.reason = code, reason
	close(l.closed)
	if l.tick != nil {
		l.tick.Stop()
	}
	if !l.busy {
		l.busy = true
		go l.write()
	}
}

// fail ends the link because the client cannot be reached.
func (l *link) fail(code int, reason string) {
	l.mu.Lock()
	lost := l.lost
	l.mu.Unlock()
	if lost == nil { // the session will find the link closed
		lost = l.close
	}
	lost(code, reason)
}

func (l *link) isClosed() bool {
	select {
	case <-l.closed:
		return true
	default:
		return false
	}
}

// write writes queued frames until the queue is empty or the link is closed. Then it closes the
// socket.
func (l *link) write() {
	b := batches.Get().(*batch)
	defer b.release()
	for l.take(b) {
		if !l.writeBatch(b) {
			l.fail(wire.CloseSlow, "writing to the client failed or took too long")
		}
	}
	if b.last {
		l.meter.SocketClosed(l.code)
		_ = l.conn.Close(l.code, l.reason) // nobody is left to tell
		l.cancel()
		close(l.ended)
	}
}

// take fills b with the frames to write next. It returns false if the goroutine must end; if b.last
// is set, it must first close the socket.
func (l *link) take(b *batch) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bytes -= b.weight // b was written
	if l.isClosed() {
		b.last, l.queue = true, nil
		return false
	}
	l.queue = b.fill(l.queue)
	l.busy = len(b.frames) > 0
	return l.busy
}

func (l *link) writeBatch(b *batch) bool {
	for _, frame := range b.frames {
		l.meter.FrameOut(len(frame))
	}
	l.late.Reset(l.times.Write)
	defer l.late.Stop()
	return l.conn.Write(l.writing, b.frames...) == nil
}

// maxBatchBytes is how many bytes one write has at most, except that one frame may be longer. A
// slow client has the time of one write for them.
const maxBatchBytes = 32 << 10

// batch is the frames of one write.
type batch struct {
	frames [][]byte // slices of buf
	weight int      // sum of the frames' weights
	last   bool     // the link was closed: write nothing more

	buf  []byte
	ends []int // where frames end in buf
}

// batches are for links that write. An idle link has none.
var batches = sync.Pool{New: func() any { return new(batch) }}

// fill takes frames from the head of a queue, and returns the rest.
func (b *batch) fill(queue []outFrame) (rest []outFrame) {
	b.buf, b.ends, b.frames, b.weight = b.buf[:0], b.ends[:0], b.frames[:0], 0
	n := 0
	for ; n < len(queue) && (n == 0 || len(b.buf)+len(queue[n].body) <= maxBatchBytes); n++ {
		b.buf = queue[n].appendTo(b.buf)
		b.ends = append(b.ends, len(b.buf))
		b.weight += queue[n].weight()
	}
	begin := 0
	for _, end := range b.ends { // now buf does not move any more
		b.frames = append(b.frames, b.buf[begin:end:end])
		begin = end
	}
	if n == len(queue) {
		return nil
	}
	clear(queue[:n]) // so that the backing array does not keep the messages
	return queue[n:]
}

// release returns the batch to the pool, unless a rare long frame made it large.
func (b *batch) release() {
	b.weight, b.last = 0, false
	if cap(b.buf) <= 2*maxBatchBytes {
		batches.Put(b)
	}
}
