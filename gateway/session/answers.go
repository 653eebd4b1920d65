package session

import "rtmwasm/core/wire"

// answers remembers the requests of a session. A repeated request is done once and gets the same
// answer. Ids rise, so an id that is not found and is not above the highest was forgotten.
type answers struct {
	highest uint32
	known   map[uint32][]byte // the marshalled answer; nil while the request is being done
	order   []uint32          // of known, oldest first
	bytes   int
}

// requestState is what lookup knows about a request.
type requestState int

const (
	isNew     requestState = iota
	isRunning              // repeated; the answer will come
	isDone                 // repeated, and already answered
	isForgotten
)

// lookup looks a request up, and remembers a new one.
func (a *answers) lookup(id uint32) (requestState, []byte) {
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

// done remembers the answer to a request.
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

// isNewRequest reports whether a request is new. If it is not, the session sends the known answer
// again.
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
	s.Answer(id, &wire.ServerFrame{Refusal: refusal})
}

func (s *session) sent(id uint32, received bool) {
	s.Answer(id, &wire.ServerFrame{Sent: &wire.Sent{Received: received}})
}

// Answer answers request id. The answer is sent again if the request is repeated.
func (s *session) Answer(id uint32, f *wire.ServerFrame) {
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

// answerJoined answers a join. A client that comes back gets the answer again, ahead of the pushes
// that follow it, but without the members' names: with many members these would take most of a
// session's memory.
func (s *session) answerJoined(id uint32, channel string, count int, uids []string) {
	s.answerStoring(id, channel, &wire.ServerFrame{Joined: &wire.Joined{MemberCount: uint32(count), Uid: uids}},
		&wire.ServerFrame{Joined: &wire.Joined{MemberCount: uint32(count)}})
}

// AnswerBefore is like Answer. A client that comes back gets the answer again, ahead of the pushes
// that follow it. Of each topic, only the last such answer is stored.
func (s *session) AnswerBefore(id uint32, topic string, f *wire.ServerFrame) {
	s.answerStoring(id, topic, f, f)
}

// answerStoring does what AnswerBefore does, but a client that comes back gets stored instead.
func (s *session) answerStoring(id uint32, topic string, f, stored *wire.ServerFrame) {
	s.traces.end(id, f)
	f.ReplyTo, stored.ReplyTo = id, id
	live, body := wire.Marshal(f), wire.Marshal(stored)
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
	s.sessions.log.ErrorContext(s.context(id), "a request of a client failed", "app", s.user.App, "uid", s.user.ID, "session", s.short(), "request", id, "error", err)
	s.refuse(id, newRefusal(wire.Refusal_UNAVAILABLE, "the gateway can't do it now: try again"))
}

// newRefusal returns a Refusal without one of the vendor's numbers.
func newRefusal(reason wire.Refusal_Reason, text string) *wire.Refusal {
	return &wire.Refusal{Reason: reason, Text: text}
}

const idRule = "an id has 1 to 64 of the allowed characters and is not \"null\""
