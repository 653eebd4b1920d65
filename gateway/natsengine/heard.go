package natsengine

import (
	"hash/maphash"
	"slices"
	"sync"

	"rtmwasm/core"
)

// heard passes a channel's messages on, each once, although the history has them too: for a
// client who is away, what comes again would take the place of what he missed.
type heard struct {
	pass func(frame []byte)

	mu   sync.Mutex // guards the rest
	sums [2 * core.MaxMissedChannelMessages]uint64
	next int // the oldest of sums
}

var heardSeed = maphash.MakeSeed()

// take passes a frame on that is not among the latest. The history is no longer than half
// of those. Frames have a number or a revision: no two are the same.
func (h *heard) take(frame []byte) {
	sum := maphash.Bytes(heardSeed, frame)
	h.mu.Lock()
	again := slices.Contains(h.sums[:], sum)
	if !again {
		h.sums[h.next] = sum
		h.next = (h.next + 1) % len(h.sums)
	}
	h.mu.Unlock()
	if !again {
		h.pass(frame)
	}
}
