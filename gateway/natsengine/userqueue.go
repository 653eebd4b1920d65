package natsengine

import "slices"

// userQueue holds the frames that were sent to one user and are not answered yet, oldest first,
// and decides which is sent next. Frames are sent in their order. When the user may have missed
// one, the queue is rewound: all are sent again, from the oldest on. So a frame never overtakes
// one that is to be sent again. It does no I/O.
type userQueue struct {
	items   []*delivery
	sent    int  // items[:sent] were sent since the queue was last rewound
	running bool // a goroutine sends the others
	rewound bool // since that goroutine's round began

	// For the goroutine; nil before the first.
	heard signal // a frame was answered
	moved signal // the user listens at another gateway: there is no need to wait
}

// progress is how far a frame has come.
type progress struct {
	attempt    int  // counts how often it was sent
	unanswered bool // somebody may have the latest attempt
	passed     bool // the user received a later frame: this one would come behind it, and is not sent again
}

// answer is what one who listens for a user, or the server, says of one attempt. An attempt may have
// several answers: while a user moves, two sessions get it.
type answer int

const (
	notReceived answer = iota
	received
	userMoved
	nobodyListens
)

// add appends a frame and reports whether it is to be sent now; else the goroutine sends it.
func (q *userQueue) add(d *delivery) (now bool) {
	q.items = append(q.items, d)
	return !q.running && q.next() == d
}

// next returns the next frame to send and counts the attempt; nil where the round is over.
func (q *userQueue) next() *delivery {
	for !q.rewound && q.sent < len(q.items) {
		d := q.items[q.sent]
		q.sent++
		if !d.passed {
			d.attempt++
			d.unanswered = true
			return d
		}
	}
	return nil
}

// begin begins the goroutine's next round. more is false when nothing is to be sent: then the
// goroutine ends. again reports that the first frame was sent before.
func (q *userQueue) begin() (more, again bool) {
	q.rewound = false
	for q.sent < len(q.items) && q.items[q.sent].passed {
		q.sent++
	}
	q.running = q.sent < len(q.items)
	return q.running, q.running && q.items[q.sent].attempt > 0
}

// rewind has all frames sent again. start tells to start the goroutine.
func (q *userQueue) rewind() (start bool) {
	if !slices.ContainsFunc(q.items, func(d *delivery) bool { return !d.passed }) {
		return false
	}
	start = !q.running
	q.sent, q.rewound, q.running = 0, true, true
	return start
}

// answered takes an answer to an attempt at a frame of the queue. ends tells that the frame's fate is known: it
// was received if the answer says so. "Received" counts from any attempt. All else counts only from the latest:
// the gateway that the user left may answer the others late. "Moved" leaves the attempt open, because the
// gateway to which the user moved may have it as well.
func (q *userQueue) answered(d *delivery, attempt int, a answer) (ends, start bool) {
	switch {
	case a == received:
		for _, earlier := range q.items[:slices.Index(q.items, d)] {
			earlier.passed = true
		}
		return true, false
	case attempt != d.attempt:
		return false, false
	case a == notReceived:
		return true, false
	}
	d.unanswered = false
	return false, !d.passed && q.rewind()
}

// abandon ends the round, because the user is not logged in, and returns the frames that nobody
// has. The session that has the others answers them as it ends.
func (q *userQueue) abandon() (lost []*delivery) {
	for _, d := range q.items {
		if !d.unanswered {
			lost = append(lost, d)
		}
	}
	q.sent, q.rewound = len(q.items), false
	return lost
}

func (q *userQueue) remove(d *delivery) {
	i := slices.Index(q.items, d)
	q.items = slices.Delete(q.items, i, i+1)
	if i < q.sent {
		q.sent--
	}
}

// behind reports that the user may yet get an earlier frame than d.
func (q *userQueue) behind(d *delivery) bool {
	i := slices.IndexFunc(q.items, func(other *delivery) bool { return !other.passed })
	return i >= 0 && q.items[i] != d
}
