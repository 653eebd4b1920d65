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

// link is one socket of a session: the way out with its queue, and the watch over
// both ways. It has a goroutine only while it writes: most sessions are idle at any time.
type link struct {
	conn  Conn
	times Times
	meter Meter

	heard atomic.Int64 // when the last frame came, by clock.Now

	writing context.Context // of all writes
	cancel  func()          // ends it
	late    *time.Timer     // calls cancel when one write takes too long

	closed chan struct{} // closed by close
	ended  chan struct{} // closed when the socket is, too

	mu     sync.Mutex // guards the rest
	lost   func(code int, reason string)
	queue  []outFrame
	bytes  int           // of frames that are not written yet
	busy   bool          // a goroutine runs write
	tick   *time.Timer   // for the next ping, or the end of the client's silence
	pingAt time.Duration // when the next ping is due, by clock.Now
	code   int           // why closed
	reason string
}

// outFrame is a marshalled ServerFrame and the seq it gets on the way out.
type outFrame struct {
	seq    uint64
	body   []byte // without seq; shared with other sessions, never changed
	replay bool   // does not count against the queue: the session keeps it anyway
}

// appendTo puts seq before the body: messages in protobuf wire format that follow each
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

// weight is what counts against maxQueueBytes.
func (f outFrame) weight() int {
	if f.replay {
		return 0
	}
	return len(f.body) + channel.FrameOverhead
}

// newLink makes a link that must be closed. When ctx ends its socket is dropped.
func newLink(ctx context.Context, conn Conn, times Times, meter Meter) *link {
	l := &link{
		conn:   conn,
		times:  times,
		meter:  meter,
		closed: make(chan struct{}),
		ended:  make(chan struct{}),
	}
	l.writing, l.cancel = context.WithCancel(ctx)
	l.late = time.AfterFunc(times.Write, l.cancel) // one for all writes, which are many
	l.late.Stop()
	l.hear()
	return l
}

func (l *link) hear() { l.heard.Store(int64(clock.Now())) }

// silence is how much longer the client may be silent.
func (l *link) silence() time.Duration {
	return l.times.SilenceLimit - (clock.Now() - time.Duration(l.heard.Load()))
}

// watch begins to ping the client and to watch its silence. lost is called when the client can't
// be reached, with the code to close with, and must close the link.
func (l *link) watch(lost func(code int, reason string)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lost = lost
	l.pingAt = l.nextPing(clock.Now())
	if !l.isClosed() {
		l.tick = time.AfterFunc(min(l.pingAt-clock.Now(), l.silence()), l.onTick)
	}
}

// nextPing is when the next ping is due after a moment: within an interval, at one of few times
// that all links share. A ping alone costs most for the wake-up of the process.
func (l *link) nextPing(after time.Duration) time.Duration {
	const times = 25 // in an interval
	step := max(l.times.PingInterval/times, 1)
	return (after + l.times.PingInterval).Truncate(step)
}

func (l *link) onTick() {
	left := l.silence()
	if left <= 0 {
		l.fail(wire.CloseSilent, "nothing was heard from you")
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isClosed() {
		return
	}
	if clock.Now() >= l.pingAt {
		l.pingAt = l.nextPing(clock.Now())
		l.enqueue(outFrame{body: pingFrame, replay: true}) // while a write is under way too: clients acknowledge with the answer
	}
	l.tick.Reset(max(min(l.pingAt-clock.Now(), left), time.Millisecond))
}

var pingFrame, _ = (&wire.ServerFrame{Ping: &wire.Ping{}}).MarshalVT()

// send queues a frame. It reports false when the client is too slow for it.
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

// enqueue has a frame written. l.mu is held.
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

// fail ends the link because the client can't be reached.
func (l *link) fail(code int, reason string) {
	l.mu.Lock()
	lost := l.lost
	l.mu.Unlock()
	if lost == nil { // the session that is to have the link will find it closed
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

// write writes what is queued until nothing is, or until the link is closed. Then it closes the
// socket.
func (l *link) write() {
	b := batches.Get().(*batch)
	defer b.release()
	for l.take(b) {
		if !l.writeBatch(b) {
			l.fail(wire.CloseSlow, "writing to you failed or took too long")
		}
	}
	if b.last {
		l.meter.SocketClosed(l.code)
		_ = l.conn.Close(l.code, l.reason) // nobody is left to tell
		l.cancel()
		close(l.ended)
	}
}

// take fills b with what is to be written next. It reports false when the goroutine that
// writes is to end, after it has closed the socket if b is the last.
func (l *link) take(b *batch) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bytes -= b.weight // it was written
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

// maxBatchBytes is how much goes to a socket in one write, or one frame if that is longer: a
// slow client has the time of a write for it.
const maxBatchBytes = 32 << 10

// batch is frames that go out in one write.
type batch struct {
	frames [][]byte // parts of buf
	weight int      // of the frames together
	last   bool     // the link was closed: none are written any more

	buf  []byte
	ends []int // of the frames in buf
}

// batches are for links that write; a link that is idle has none.
var batches = sync.Pool{New: func() any { return new(batch) }}

// fill takes frames from the head of a queue, and returns the rest of it.
func (b *batch) fill(queue []outFrame) (rest []outFrame) {
	b.buf, b.ends, b.frames, b.weight = b.buf[:0], b.ends[:0], b.frames[:0], 0
	n := 0
	for ; n < len(queue) && (n == 0 || len(b.buf)+len(queue[n].body) <= maxBatchBytes); n++ {
		b.buf = queue[n].appendTo(b.buf)
		b.ends = append(b.ends, len(b.buf))
		b.weight += queue[n].weight()
	}
	begin := 0
	for _, end := range b.ends { // when buf does not move any more
		b.frames = append(b.frames, b.buf[begin:end:end])
		begin = end
	}
	if n == len(queue) {
		return nil
	}
	clear(queue[:n]) // what is cut off must not hold the messages
	return queue[n:]
}

// release gives the batch back, unless it has grown for a rare frame.
func (b *batch) release() {
	b.weight, b.last = 0, false
	if cap(b.buf) <= 2*maxBatchBytes {
		batches.Put(b)
	}
}
