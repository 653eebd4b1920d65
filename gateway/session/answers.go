package session

import (
	"context"

	"rtmwasm/core/wire"
)

// answers remembers the requests of a session, so that a repeated one is answered as
// it was the first time and done once. Ids rise, so an id below the highest that is
// not found has been forgotten.
type answers struct {
	highest uint32
	known   map[uint32][]byte // the marshalled answer; nil while the request is under way
	order   []uint32          // of known, oldest first
	bytes   int
}

// What lookup finds of a request.
type novelty int

const (
	isNew     novelty = iota
	isRunning         // asked before; the answer will come
	isDone            // asked before and answered
	isForgotten
)

// lookup looks a request up and remembers a new one.
func (a *answers) lookup(id uint32) (novelty, []byte) {
	if answer, ok := a.known[id]; ok {
		if answer == nil {
			return isRunning, nil
		}
		return isDone, answer
	}
	if id <= a.highest {
		return isForgotten, nil
	}
	if a.known == nil {
		a.known = map[uint32][]byte{}
	}
	a.highest = max(a.highest, id)
	a.known[id] = nil
	a.order = append(a.order, id)
	a.shrink()
	return isNew, nil
}

// done remembers the answer of a request.
func (a *answers) done(id uint32, answer []byte) {
	if _, ok := a.known[id]; !ok {
		return
	}
	a.known[id] = answer
	a.bytes += len(answer)
	a.shrink()
}

func (a *answers) shrink() {
	for len(a.order) > maxAnswers || a.bytes > maxAnswerBytes && len(a.order) > 1 {
		id := a.order[0]
		a.order = a.order[1:]
		a.bytes -= len(a.known[id])
		delete(a.known, id)
	}
}

// isNewRequest reports whether a request is new. One that is not is answered again.
func (s *session) isNewRequest(id uint32) bool {
	if id == 0 {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, answer := s.answers.lookup(id)
	if found == isForgotten {
		answer = wire.Marshal(&wire.ServerFrame{ReplyTo: id, Refusal: newRefusal(wire.Refusal_BAD_REQUEST, "request ids rise by one within a session")})
	}
	if answer != nil && s.link != nil {
		s.sendLocked(outFrame{body: answer})
	}
	return found == isNew
}

func (s *session) refuse(id uint32, refusal *wire.Refusal) {
	s.answer(id, &wire.ServerFrame{Refusal: refusal})
}

func (s *session) sent(id uint32, received bool) {
	s.answer(id, &wire.ServerFrame{Sent: &wire.Sent{Received: received}})
}

// answer answers request id, now or when it is repeated.
func (s *session) answer(id uint32, f *wire.ServerFrame) {
	if id == 0 {
		return
	}
	s.traces.end(id, f)
	f.ReplyTo = id
	body := wire.Marshal(f)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers.done(id, body)
	if s.link != nil {
		s.sendLocked(outFrame{body: body})
	}
}

// answerJoined answers as answer does, and keeps the answer before the pushes that
// follow. The names of the members are not kept: with many they would be most of a session.
func (s *session) answerJoined(id uint32, channel string, count int, uids []string) {
	s.answerKeeping(id, channel, &wire.ServerFrame{Joined: &wire.Joined{MemberCount: uint32(count), Uid: uids}},
		&wire.ServerFrame{Joined: &wire.Joined{MemberCount: uint32(count)}})
}

// answerBefore answers as answer does; a client that must be sent this again gets it
// before the pushes that follow. About a topic only the last such answer is kept.
func (s *session) answerBefore(id uint32, topic string, f *wire.ServerFrame) {
	s.answerKeeping(id, topic, f, f)
}

// answerKeeping does what answerBefore does. A client that must be sent the answer again gets
// kept.
func (s *session) answerKeeping(id uint32, topic string, f, kept *wire.ServerFrame) {
	s.traces.end(id, f)
	f.ReplyTo, kept.ReplyTo = id, id
	live, body := wire.Marshal(f), wire.Marshal(kept)
	s.mu.Lock()
	defer s.mu.Unlock()
	if id == 0 || s.ended {
		return
	}
	s.answers.done(id, body)
	s.out.forget(topic)
	s.out.add(outboxItem{body: body, topic: topic})
	if s.link != nil {
		s.sendLocked(outFrame{body: live})
	}
	s.checkOutbox()
}

func (s *session) unavailable(id uint32, err error) {
	s.sessions.log.ErrorContext(s.traces.withSpan(context.Background(), id), "a request of a client failed", "app", s.user.App, "uid", s.user.ID, "session", s.short(), "request", id, "error", err)
	s.refuse(id, newRefusal(wire.Refusal_UNAVAILABLE, "the gateway can't do it now: try again"))
}

// newRefusal makes a Refusal without a vendor's number.
func newRefusal(reason wire.Refusal_Reason, text string) *wire.Refusal {
	return &wire.Refusal{Reason: reason, Text: text}
}

const idRule = "an id has 1 to 64 of the allowed characters and is not \"null\""
