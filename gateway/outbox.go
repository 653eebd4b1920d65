package gateway

import (
	"slices"
	"time"

	"rtmwasm/core"
	"rtmwasm/gateway/channel"
)

// outbox keeps what a client must still get: the pushes it has not acknowledged and,
// in their place among them, the Joined answers that pushes of a channel must follow.
type outbox struct {
	items    []outboxItem
	bytes    int
	missable int    // how many of items are
	last     uint64 // the last seq given out
}

// outboxItem is one item of an outbox.
type outboxItem struct {
	seq   uint64 // 0: a Joined answer
	body  []byte
	topic string // channel of a delivery or Joined answer, or what another answer is about
	at    time.Time

	subject string // of what pushLatest pushed; "" for all else

	acked func(received bool) // of a peer or offline message; called once
}

// missable tells a channel message: of those a client who is away gets the latest only.
func (k outboxItem) missable() bool { return k.seq != 0 && k.topic != "" }

func (k outboxItem) weight() int { return len(k.body) + channel.FrameOverhead }

func (o *outbox) add(k outboxItem) {
	o.items = append(o.items, k)
	o.count(k, 1)
}

func (o *outbox) count(k outboxItem, n int) {
	o.bytes += n * k.weight()
	if k.missable() {
		o.missable += n
	}
}

// ack takes out what the client has handled, and returns it.
func (o *outbox) ack(seq uint64) []outboxItem {
	n := 0
	for i, k := range o.items {
		if k.seq > seq {
			break
		}
		if k.seq != 0 {
			n = i + 1
		}
	}
	done := slices.Clone(o.items[:n])
	clear(o.items[:n]) // what is cut off must not hold the messages
	o.items = o.items[n:]
	for _, k := range done {
		o.count(k, -1)
	}
	return done
}

// forget drops the Joined answer of a channel that was left.
func (o *outbox) forget(topic string) {
	o.drop(func(k outboxItem) bool { return k.seq == 0 && k.topic == topic })
}

// bound keeps what gathers for a client who is away within twice what trim leaves, so
// that trimming costs little per message.
func (o *outbox) bound(now time.Time) {
	if o.missable > 2*core.MaxMissedChannelMessages {
		o.trim(now)
	}
}

// trim drops the channel messages that a client who was away does not get any more.
func (o *outbox) trim(now time.Time) {
	over := o.missable - core.MaxMissedChannelMessages
	o.drop(func(k outboxItem) bool {
		if !k.missable() {
			return false
		}
		over--
		return over >= 0 || now.Sub(k.at) > core.SessionTimeout
	})
}

func (o *outbox) drop(which func(outboxItem) bool) {
	o.items = slices.DeleteFunc(o.items, func(k outboxItem) bool {
		gone := which(k)
		if gone {
			o.count(k, -1)
		}
		return gone
	})
}
