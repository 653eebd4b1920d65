package core

import (
	"strconv"

	"rtmwasm/core/wire"
)

// deduplicator recognises messages that were already delivered, by origin and number (wire.Send).
// A message can arrive twice: a client whose gateway died sends unanswered messages again, and an
// offline message may also have been delivered directly. The memory is limited: the deduplicator
// forgets the senders that have been silent for longest.
type deduplicator struct {
	// By sender, channel and origin: a user has several origins if the app's backend also sends in
	// their name. (A struct as key would add 3 KB of the runtime to pages.)
	recent, older map[string]*heardFrom
}

// heardFrom has the numbers of the messages of one sender.
type heardFrom struct {
	highest uint64
	seen    uint64 // bit i: highest-i was delivered
}

// maxHeardFrom is the largest number of senders in recent.
const maxHeardFrom = 1024

// fresh reports whether d is delivered for the first time, and remembers it.
func (r *deduplicator) fresh(d *wire.Delivery) bool {
	if d.Number == 0 { // from a client that does not number its messages
		return true
	}
	h := r.of(d.From + "/" + d.Channel + "/" + strconv.FormatUint(d.Origin, 36)) // ids cannot have a slash
	if d.Number > h.highest {
		h.seen = h.seen<<(d.Number-h.highest) | 1
		h.highest = d.Number
		return true
	}
	behind := h.highest - d.Number
	if behind >= 64 {
		return d.Offline // only offline messages may arrive out of order
	}
	fresh := h.seen>>behind&1 == 0
	h.seen |= 1 << behind
	return fresh
}

func (r *deduplicator) of(key string) *heardFrom {
	h := r.recent[key]
	if h != nil {
		return h
	}
	if len(r.recent) >= maxHeardFrom {
		r.recent, r.older = nil, r.recent
	}
	if r.recent == nil {
		r.recent = map[string]*heardFrom{}
	}
	if h = r.older[key]; h == nil {
		h = &heardFrom{}
	}
	r.recent[key] = h
	return h
}
