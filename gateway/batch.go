package gateway

import "sync"

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
