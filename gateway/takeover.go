package gateway

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// takeOver brings a session here that lives at another gateway; nil when there is none that
// the client has the credential of, or when that gateway does not give it: then the client
// logs in anew, and what arrived for it meanwhile is in the landing, if there is one.
func (s *Server) takeOver(ctx context.Context, user User, r *wire.Resume, request uint32, l *link) (*session, *landing) {
	c, ok := parseCredential(r.Credential)
	if !ok || c.user != user || c.session != r.SessionId {
		return nil, nil
	}
	record, err := s.engine.Lookup(ctx, user)
	if err != nil || !c.opens(record.Session, record.Secret) || record.Gateway == s.id {
		return nil, nil
	}
	session := newSession(s, user, c.session, c.secret)
	session.line = record.Line
	session.mail.arriving()
	if s.add(session) != nil {
		return nil, nil
	}
	ld, err := s.listen(session) // first, so that nothing is missed
	if err != nil {
		session.discard()
		return nil, nil
	}
	session.stopPeer = ld.stop
	if err := s.bring(ctx, session, record, r.LastSeq); err != nil {
		s.log.Warn("a session can't be taken over", "app", user.App, "uid", user.ID, "from", record.Gateway, "error", err)
		session.discard()
		return nil, ld
	}
	s.log.Info("session taken over", "app", user.App, "uid", user.ID, "session", session.short(), "from", record.Gateway)
	s.config.Meter.Resumed()
	go session.run()
	if !session.attach(l, s.welcome(session, request, r.Credential, true), r.LastSeq) {
		l.close(session.endReason())
	}
	session.mail.arrived()
	session.checkMailbox()
	return session, nil
}

var errNotThere = errors.New("gateway: it does not have the session any more")

// bring has the other gateway let go.
func (s *Server) bring(ctx context.Context, session *session, record Record, lastSeq uint64) error {
	w := want{Gateway: s.id, Session: session.id, LastSeq: lastSeq}
	state, err := s.engine.AskGateway(ctx, record.Gateway, encode(&w))
	if err != nil {
		return err
	}
	if len(state) == 0 {
		return errNotThere
	}
	h, err := decode[handover](state)
	if err != nil {
		return err
	}
	if err := s.engine.Move(ctx, session.user, record, s.id); err != nil {
		return err
	}
	session.restore(h)
	return nil
}

// discard forgets a session that did not come.
func (s *session) discard() {
	s.end(closeReason{wire.CloseRefused, "refused"})
	s.server.forget(s)
	close(s.gone)
}

// restore makes the session what it was at the other gateway, but for the channels and
// users that it follows: see settleIn.
func (s *session) restore(h *handover) {
	s.rates.restore(h.Comeback, h.Rates)
	s.arrived = h
	carried := &mailRun{mail: &s.mail}
	s.mu.Lock()
	s.attached = 1
	s.answers.restore(h.LastRequest, h.Answers)
	s.out.restore(h.Seq, h.Kept, func(k outboxItem) func(bool) {
		switch {
		case k.mail != 0:
			return carried.acked(k.mail)
		case k.receipt != "":
			return func(received bool) { s.server.engine.Receipt(k.receipt, received) }
		}
		return nil
	})
	s.mu.Unlock()
	s.mail.restore(h, carried)
}

// settleIn enters the channels and follows the users that the session did before. It is the
// first that the session's goroutine does.
func (s *session) settleIn() {
	h := s.arrived
	s.arrived = nil
	if h == nil {
		return
	}
	for _, c := range h.Rooms {
		e, err := s.server.rooms.settleIn(s, c, h)
		if err != nil {
			s.server.log.Error("cannot enter a channel for a session taken over", "app", s.user.App, "uid", s.user.ID, "error", err)
			s.end(evicted)
			return
		}
		s.entries[c.Channel] = e
	}
	if err := s.follow(h.Following); err != nil {
		s.server.log.Error("cannot follow users for a session taken over", "app", s.user.App, "uid", s.user.ID, "error", err)
		s.end(evicted)
	}
}

// settleIn enters a room as rooms.enter does; what the client knows of it is told no more.
func (r *rooms) settleIn(s *session, c carriedRoom, h *handover) (*entry, error) {
	e := &entry{session: s, number: r.last.Add(1), known: &c, ready: make(chan struct{})}
	for _, k := range h.Kept {
		if k.Room == c.Channel && k.Seq != 0 {
			e.had = append(e.had, k.Body)
		}
	}
	since := h.SinceMs - core.MissedOverlap.Milliseconds()
	return e, r.bringIn(context.Background(), e, Room{App: s.user.App, Channel: c.Channel}, since)
}

// catchUp tells a member who was at another gateway what changed meanwhile.
func (rm *room) catchUp(e *entry) {
	if e.known.Crowd || rm.crowded() {
		rm.announceCount()
		return
	}
	came, went := changesSince(e.known.Members, maps.Keys(rm.members))
	for _, uids := range [][]string{went, came} {
		for _, uid := range uids {
			if _, joined := rm.members[uid]; uid != e.session.user.ID {
				e.session.push(marshal(rm.change(uid, joined)), "", nil)
			}
		}
	}
}

// follow takes presence up where the client knows of it.
func (s *session) follow(known map[string]wire.Presence_State) error {
	if len(known) == 0 {
		return nil
	}
	uids := slices.Collect(maps.Keys(known))
	for _, uid := range uids {
		s.following[uid] = true
	}
	s.server.followed.add(s, uids)
	return s.server.followed.list(context.Background(), s.user.App, uids, func(list *wire.PresenceList) {
		for _, p := range list.Presence {
			if p.State != known[p.Uid] {
				s.pushLatest(presenceFrame(p.Uid, p.State), "presence "+p.Uid)
			}
		}
	})
}

// knownFor is how long a session taken over remembers what arrived, so that what comes by
// way of its former gateway comes once.
const knownFor = 2*lateTime + time.Second
