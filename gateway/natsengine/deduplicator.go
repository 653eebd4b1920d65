package natsengine

import (
	"hash/maphash"
	"slices"
	"sync"

	"rtmwasm/core"
)

// deduplicator passes a channel's messages on, each once, although the history has them too and senders
// repeat them until they are stored: for a client who is away, what comes again would take the place of
// what they missed.
type deduplicator struct {
	pass func(frame []byte)

	mu   sync.Mutex // guards the rest
	sums [2 * core.MaxMissedChannelMessages]uint64
	next int // the oldest of sums
}

var frameSeed = maphash.MakeSeed()

// take passes a frame on that is not among the latest. The history is no longer than half
// of those. Frames have a number or a revision: no two are the same.
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

// forget has the latest messages passed on once more if they come again.
func (d *deduplicator) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.sums[:])
}
