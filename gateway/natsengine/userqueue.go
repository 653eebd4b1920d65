package natsengine

import "slices"

// userQueue has the frames that were sent to one user and are not answered yet, oldest first. It
// decides which frame is sent next. Frames are sent in order. If the user may have missed a frame,
// the queue is rewound: all frames are sent again, oldest first. So no frame overtakes one that
// must be sent again. It does no I/O.
type userQueue struct {
	items   []*delivery
	sent    int  // items[:sent] were sent since the queue was last rewound
	running bool // a goroutine sends the rest
	rewound bool // since the goroutine's round began

	// Signals to the goroutine; nil before the first one starts.
	gotAnswer signal // a frame was answered
	moved     signal // the user listens at another gateway: do not wait
}

// progress is the state of a frame.
type progress struct {
	attempt    int  // how often it was sent
	unanswered bool // somebody may still answer the latest attempt
	passed     bool // the user received a later frame: this one is not sent again, because it would arrive behind that one
}

// answer is the answer of a listener, or of the server, to one attempt. While a user moves, two
// sessions may get the frame and answer.
type answer int

const (
	notReceived answer = iota
	received
	userMoved
	nobodyListens
)

// add appends a frame, and reports whether the caller must send it now. Otherwise the goroutine
// sends it.
func (q *userQueue) add(d *delivery) (now bool) {
	q.items = append(q.items, d)
	return !q.running && q.next() == d
}

// next returns the next frame to send and counts the attempt; nil at the end of the round.
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

// begin begins the goroutine's next round. more is false if nothing is left to send; then the
// goroutine ends. again reports that the first frame was sent before.
func (q *userQueue) begin() (more, again bool) {
	q.rewound = false
	for q.sent < len(q.items) && q.items[q.sent].passed {
		q.sent++
	}
	q.running = q.sent < len(q.items)
	return q.running, q.running && q.items[q.sent].attempt > 0
}

// rewind makes all frames be sent again. start means to start the goroutine.
func (q *userQueue) rewind() (start bool) {
	if !slices.ContainsFunc(q.items, func(d *delivery) bool { return !d.passed }) {
		return false
	}
	start = !q.running
	q.sent, q.rewound, q.running = 0, true, true
	return start
}

// answered handles an answer to an attempt at a frame. ends reports that the outcome is known: the
// frame was received if the answer says so. received counts for any attempt. Other answers count
// only for the latest attempt, because the gateway that the user left may answer earlier ones late.
// userMoved keeps the delivery open, because the user's new gateway may have the frame as well.
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

// abandon ends the round, because the user is not logged in. It returns the frames that no session
// has. Sessions that have the other frames answer them when they end.
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

// behind reports whether the user may still get a frame that is earlier than d.
func (q *userQueue) behind(d *delivery) bool {
	i := slices.IndexFunc(q.items, func(other *delivery) bool { return !other.passed })
	return i >= 0 && q.items[i] != d
}
