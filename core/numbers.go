package core

// numbers counts the messages to each peer and channel, for wire.Send. Each peer and channel has its own
// numbers, so that messages to others do not make gaps: see deduplicator. The memory is limited.
type numbers struct {
	recent, older map[string]uint64
	floor         uint64 // the highest number of the peers and channels that were forgotten
}

// maxNumbered is the largest number of peers and channels in recent.
const maxNumbered = 1024

// next returns the number of the next message to a peer or channel. After a peer or channel was
// forgotten, its numbers continue above all that it may have had.
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
