package session

import (
	"slices"
	"time"

	"rtmwasm/core"
	"rtmwasm/core/wire"
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

// push brings a ServerFrame to the client, now or after a resume. It reports false when the session
// has ended; then k.acked is not called.
func (s *session) push(k outboxItem) bool {
	k.at = time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	s.pushLocked(k)
	return true
}

// pushLatest brings a ServerFrame that tells all of something; a client who is away gets
// only the latest about each subject.
func (s *session) pushLatest(body []byte, subject string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	if s.link == nil {
		s.out.drop(func(k outboxItem) bool { return k.subject == subject })
	}
	s.pushLocked(outboxItem{body: body, subject: subject})
}

func (s *session) pushLocked(k outboxItem) {
	s.out.last++
	k.seq = s.out.last
	s.out.add(k)
	if s.link == nil {
		s.out.bound(time.Now())
	} else {
		s.sendLocked(outFrame{seq: k.seq, body: k.body})
	}
	s.checkOutbox()
}

// forgetJoined drops the Joined answer of a channel that was left.
func (s *session) forgetJoined(channel string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out.forget(channel)
}

func (s *session) sendLocked(f outFrame) {
	if !s.link.send(f) {
		s.detachLocked(s.link, wire.CloseSlow, "you read slower than your messages arrive")
	}
}

func (s *session) checkOutbox() {
	if s.out.bytes > maxOutboxBytes {
		s.endLocked(closeReason{wire.CloseSlow, "more waits for you than the gateway keeps"})
	}
}

// ack handles the client's acknowledgement and reports whether it said anything new.
func (s *session) ack(seq uint64) bool {
	s.mu.Lock()
	done := s.out.ack(seq)
	s.mu.Unlock()
	settle(done, true)
	return len(done) > 0
}

func settle(items []outboxItem, received bool) {
	for _, k := range items {
		if k.acked != nil {
			k.acked(received)
		}
	}
}
