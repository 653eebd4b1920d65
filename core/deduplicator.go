package core

import (
	"strconv"

	"rtmwasm/core/wire"
)

// deduplicator tells which messages were delivered before. A client whose session ended with
// its gateway sends what was unanswered again, and a message kept for a user who was
// away may also have reached them late: origin and number (wire.Send) give them away.
// What it remembers is bounded: of the senders heard longest ago it forgets all.
type deduplicator struct {
	// By sender, channel and origin: one user has several origins where their app's backend
	// sends in their name too. (A key that is a struct brings 3 KB of the runtime into pages.)
	recent, older map[string]*heardFrom
}

// heardFrom is what is known of one sender.
type heardFrom struct {
	highest uint64
	seen    uint64 // bit i: highest-i was delivered
}

// maxHeardFrom is how many senders recent may have.
const maxHeardFrom = 1024

// fresh reports whether d was not delivered before, and remembers it.
func (r *deduplicator) fresh(d *wire.Delivery) bool {
	if d.Number == 0 { // of a client that numbers nothing
		return true
	}
	h := r.of(d.From + "/" + d.Channel + "/" + strconv.FormatUint(d.Origin, 36)) // no id has a slash
	if d.Number > h.highest {
		h.seen = h.seen<<(d.Number-h.highest) | 1
		h.highest = d.Number
		return true
	}
	behind := h.highest - d.Number
	if behind >= 64 {
		return d.Offline // others keep their order
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
