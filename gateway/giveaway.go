package gateway

import (
	"context"
	"errors"
	"time"

	"rtmwasm/core/wire"
)

// want is another gateway's wish for a session whose client came to it.
type want struct {
	Gateway string
	Session string
	LastSeq uint64 // highest push the client handled

	// Late is set in the other direction: a frame for a session that was given away.
	Late *carriedFrame

	given chan *handover // by the session's goroutine; nil: it is over
}

// lateTime is how long frames for a session that was given away are sent after it: not all
// servers of a cluster know at once who listens for its user.
const lateTime = 2 * time.Second

// asked does what another gateway wants.
func (s *Server) asked(request []byte, reply func([]byte)) {
	w, err := decode[want](request)
	if err != nil {
		reply(nil)
		return
	}
	session := s.session(w.Session)
	switch {
	case w.Late != nil:
		if session != nil {
			session.receive(w.Late.Body, w.Late.Receipt)
		}
	case session == nil:
		reply(nil)
	default:
		s.background.Go(func() { reply(s.giveAway(session, w)) })
	}
}

// giveAway returns a session's encoded handover, after which nothing of it is here any
// more; nil when the session is over.
func (s *Server) giveAway(session *session, w *want) []byte {
	w.given = make(chan *handover, 1)
	select {
	case session.wanted <- w:
	case <-session.over:
		return nil
	}
	if h := <-w.given; h != nil {
		return encode(h)
	}
	return nil
}

// giveAway is the end of a session that goes on at another gateway: the one way out where
// nobody is told and nothing settled. It reports false when the session has ended.
func (s *session) giveAway(w *want) bool {
	h := &handover{Following: map[string]wire.Presence_State{}, SinceMs: time.Now().UnixMilli()}
	h.Held = s.mail.giveAway(func(frame []byte, receipt string) {
		late := &want{Session: s.id, Late: &carriedFrame{Body: frame, Receipt: receipt}}
		_ = s.server.engine.TellGateway(w.Gateway, encode(late)) // on failure the sender hears nothing in time
	})
	var entries []*entry
	for _, e := range s.entries {
		entries = append(entries, e)
		h.Rooms = append(h.Rooms, s.server.rooms.giveAway(e))
	}
	s.server.followed.giveAway(s, h.Following)
	h.Comeback, h.Rates = s.rates.comeback, s.rates.carry()

	if !s.giveOut(h, w.LastSeq) {
		for _, f := range h.Held {
			s.server.engine.Receipt(f.Receipt, false)
		}
		w.given <- nil
		return false
	}
	s.server.background.Go(func() { s.clearUp(entries) })
	s.server.forget(s)
	s.server.log.Info("session given away", "app", s.user.App, "uid", s.user.ID, "session", s.short(), "to", w.Gateway)
	w.given <- h
	close(s.gone)
	return true
}

// giveOut ends the session and gives what its client must still get; false if it has ended.
func (s *session) giveOut(h *handover, lastSeq uint64) bool {
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return false
	}
	s.endLocked(moved)
	had := s.out.ack(lastSeq)
	h.Seq, h.Kept = s.out.last, s.out.carry()
	rest := s.out.items
	s.out.items = nil
	h.LastRequest, h.Answers = s.answers.carry()
	l := s.endLink
	s.mu.Unlock()
	if l != nil {
		l.close(moved.code, moved.text)
	}
	for _, k := range had {
		h.Settled = append(h.Settled, k.receipt)
	}
	settle(had, true)
	h.Mail = s.mail.taken.Load()
	for _, k := range rest { // receipts are the other gateway's to give
		if k.mail != 0 {
			h.Mail = max(h.Mail, k.mail)
			k.acked(false)
		}
	}
	return true
}

var moved = closeReason{wire.CloseReplaced, "the session goes on at another gateway"}

// clearUp removes what is left in the engine if the other gateway did not take the session
// over in the end.
func (s *session) clearUp(entries []*entry) {
	engine := s.server.engine
	if !s.server.pause(lateTime) {
		s.stopPeer()
		return
	}
	s.stopPeer()
	if !s.server.pause(s.server.config.Times.SessionTimeout) {
		return // the others clear up after a gateway that is gone
	}
	for _, e := range entries {
		s.server.retryInBackground("leave a channel", s.user, func() error { return engine.Exit(context.Background(), e.member()) })
	}
	s.server.retryInBackground("release a session", s.user, func() error {
		record, err := engine.Lookup(context.Background(), s.user)
		if errors.Is(err, ErrNoSession) {
			return nil
		}
		if err == nil && record.Gateway == s.server.id && s.server.session(record.Session) == nil {
			err = engine.Release(context.Background(), s.user, s.id)
		}
		return err
	})
}

// pause waits; false when the server ended meanwhile.
func (s *Server) pause(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-s.ctx.Done():
		return false
	}
}

// giveAway takes a session out of a room, which for the room's other members stays.
func (r *rooms) giveAway(e *entry) carriedRoom {
	rm := e.room
	rm.mu.Lock()
	defer r.unlock(rm)
	c := carriedRoom{Channel: rm.key.Channel, Attributes: rm.attributes, Crowd: rm.crowded()}
	if !c.Crowd {
		for uid := range rm.members {
			c.Members = append(c.Members, uid)
		}
	}
	r.removeLocked(e)
	return c
}

// giveAway ends a session's following and tells what it was told.
func (fs *followed) giveAway(s *session, known map[string]wire.Presence_State) {
	fs.mu.Lock()
	for uid := range s.following {
		known[uid] = wire.Presence_UNKNOWN
		if p := fs.byUser[User{App: s.user.App, ID: uid}]; p != nil {
			known[uid] = p.state
		}
	}
	fs.mu.Unlock()
	var uids []string
	for uid := range known {
		uids = append(uids, uid)
	}
	fs.drop(s, uids)
}
