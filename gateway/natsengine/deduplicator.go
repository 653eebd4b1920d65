package natsengine

import (
	"hash/maphash"
	"slices"
	"sync"

	"rtmwasm/core"
)

// deduplicator passes on each message of a channel once. Messages repeat: the history has them too,
// and senders repeat them until they are stored. In the outbox of a client who is away, a repeated
// message would take the place of one that they missed.
type deduplicator struct {
	pass func(frame []byte)

	mu   sync.Mutex // guards the rest
	sums [2 * core.MaxMissedChannelMessages]uint64
	next int // index of the oldest sum
}

var frameSeed = maphash.MakeSeed()

// take passes a frame on unless it is among the latest ones. The history is at most half as long as
// sums. No two frames are the same, because each has a number or a revision.
func (d *deduplicator) take(frame []byte) {
	sum := maphash.Bytes(frameSeed, frame)
	d.mu.Lock()
	again := slices.Contains(d.sums[:], sum)
	if !again {
		d.sums[d.next] = sum
		d.next = (d.next + 1) % len(d.sums)
	}
	d.mu.Unlock()
	if !again {
		d.pass(frame)
	}
}

// forget makes take pass on the latest messages again if they come again.
func (d *deduplicator) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.sums[:])
}
