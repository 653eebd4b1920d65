package session

import (
	"slices"
	"time"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway/channel"
)

// outbox holds what a client must still get: pushes that it has not acknowledged. Among them, in
// order, are the Joined answers that must come before pushes of a channel.
type outbox struct {
	items    []outboxItem
	bytes    int
	missable int    // how many items are missable
	last     uint64 // the last seq given out
}

// outboxItem is one item of an outbox.
type outboxItem struct {
	seq   uint64 // 0: a Joined answer
	body  []byte
	topic string // channel of a delivery or Joined answer, or the topic of another answer
	at    time.Time

	subject string // subject given to PushLatest, else ""

	acked func(received bool) // for a peer or offline message; called once
}

// missable reports whether an item is a channel message. A client who is away gets only the latest
// of these.
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

// ack removes what the client has handled, and returns it.
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
	clear(o.items[:n]) // so that the backing array does not keep the messages
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

// bound limits what collects for a client who is away to twice what trim leaves, so that trimming
// costs little per message.
func (o *outbox) bound(now time.Time) {
	if o.missable > 2*core.MaxMissedChannelMessages {
		o.trim(now)
	}
}

// trim drops the channel messages that a client who was away no longer gets.
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

// push sends a ServerFrame to the client, now or after a resume. It returns false if the session
// has ended; then it does not call k.acked.
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

// PushLatest sends a ServerFrame that has all of a subject's state. A client who is away gets only
// the latest of each subject.
func (s *session) PushLatest(body []byte, subject string) {
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

// ForgetJoined drops the Joined answer of a channel that was left.
func (s *session) ForgetJoined(channel string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out.forget(channel)
}

func (s *session) sendLocked(f outFrame) {
	if !s.link.send(f) {
		s.detachLocked(s.link, wire.CloseSlow, "this client reads slower than its messages arrive")
	}
}

func (s *session) checkOutbox() {
	if s.out.bytes > maxOutboxBytes {
		s.endLocked(closeReason{wire.CloseSlow, "too many messages wait for this client"})
	}
}

// ack handles an acknowledgement and reports whether it acknowledged anything new.
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
