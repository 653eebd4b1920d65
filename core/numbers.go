package core

// numbers counts the messages to each peer and channel, for wire.Send. Each has a row of its
// own, so that a message that comes late is near its neighbours, however much was sent to
// others meanwhile: see deduplicator. What it remembers is bounded.
type numbers struct {
	recent, older map[string]uint64
	floor         uint64 // the highest number of those that were forgotten
}

// maxNumbered is how many peers and channels recent may have.
const maxNumbered = 1024

// next is the number of the next message to a peer or channel. One that was forgotten goes on
// above all numbers that it may have had.
func (n *numbers) next(to string) uint64 {
	last, known := n.recent[to]
	if !known {
		if last, known = n.older[to]; !known {
			last = n.floor
		}
		if len(n.recent) >= maxNumbered {
			for _, number := range n.older {
				n.floor = max(n.floor, number)
			}
			n.recent, n.older = nil, n.recent
		}
		if n.recent == nil {
			n.recent = map[string]uint64{}
		}
	}
	n.recent[to] = last + 1
	return last + 1
}
