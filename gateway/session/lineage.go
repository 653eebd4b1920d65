package session

import (
	"context"
	"crypto/sha256"
	"time"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/event"
)

// A client comes back to a gateway where its session does not live: to another one than
// before, because its own is gone, being drained or no longer reached, or because a load
// balancer sends it there. Whatever became of the former gateway, the way is the same. The
// client gets a new session of the same lineage, and other users see one session that goes on:
//
//   - The new session takes the former one's place in the registry (claim).
//   - It listens for its user, and all gateways send again what the client may not have got
//     (Bus.Redeliver). The client drops what it has, by the number of each message.
//   - The former gateway, if it is alive, ends the former session without a word to others
//     (moved). Its members stay until the new session's take their place.
//   - The client itself enters its channels again and asks for what it missed in them,
//     subscribes to presence again, and sends again the requests that were not answered.
//
// No state goes from gateway to gateway.

// moved is the reason of a session's end where its client came to another gateway.
var moved = closeReason{wire.CloseReplaced, "the session goes on at another gateway"}

// claim makes the session the user's, has it listen for the user, and has the gateway of the
// former session end that one.
func (s *Sessions) claim(ctx context.Context, session *session, h *wire.Hello) error {
	next := session.record()
	former, err := s.engine.Claim(ctx, session.user, func(former *Record) (r Record, err error) {
		next, err = nextRecord(former, h, session.record())
		return next, err
	})
	session.lineage = next.LineageID
	session.cameOnline = err == nil && former == nil
	if err != nil {
		return err
	}
	continues := former != nil && former.LineageID == session.lineage
	if former != nil && !continues {
		s.evict(ctx, session.user, *former, Eviction{Session: former.Session})
	}
	if session.stopPeer, err = s.engine.ListenPeer(session.user, session.receive, session.inbox.Check); err != nil || !continues {
		return err
	}
	s.config.Meter.Resumed()
	s.background.Go(func() {
		s.evict(ctx, session.user, *former, moveOf(*former, h.Resume))
	})
	return s.engine.Redeliver(session.user)
}

// evicted ends a session, and returns when nothing of it is here any more.
func (s *Sessions) evicted(e Eviction) {
	session := s.find(e.Session)
	if session == nil {
		return
	}
	switch {
	case e.Moved:
		session.ack(e.LastSeq)
		session.end(moved)
	case e.Kicked:
		session.end(kicked)
	default:
		session.end(displaced)
	}
	<-session.gone
}

// evict has a former session ended by its gateway.
func (s *Sessions) evict(ctx context.Context, user User, former Record, e Eviction) {
	if err := s.engine.Evict(context.WithoutCancel(ctx), former.Gateway, e); err != nil {
		// Its gateway hangs. Its credential is void already.
		s.log.WarnContext(ctx, "the gateway of a user's former session does not answer", "app", user.App, "uid", user.ID, "error", err)
	}
}

// nextRecord is the record of a new session, of which own says what is known, after a former
// one; nil if there is none. A session that a client begins by itself when it comes back continues
// the former one, if the client has the credential of that, else it is refused with ErrTaken.
func nextRecord(former *Record, h *wire.Hello, own Record) (Record, error) {
	own.LineageID = own.Session
	if !h.Reconnect {
		return own, nil
	}
	if h.Resume != nil {
		own.ResumeCredentialHash = sha256.Sum256([]byte(h.Resume.Credential))
	}
	if former == nil {
		return own, nil
	}
	if h.Resume == nil || !opensLineage(h.Resume.Credential, *former) {
		return own, ErrTaken
	}
	own.LineageID = former.LineageID
	return own, nil
}

// moveOf tells the former gateway to let a session go. The client's last push counts only where
// it is of that session.
func moveOf(former Record, r *wire.Resume) Eviction {
	e := Eviction{Session: former.Session, Moved: true}
	if r.SessionId == former.Session {
		e.LastSeq = r.LastSeq
	}
	return e
}

// hasMoved reports whether the session has ended and goes on at another gateway, or may: that of a
// client whom a gateway that goes down sent away.
func (s *session) hasMoved() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hasMovedLocked()
}

func (s *session) hasMovedLocked() bool {
	continued := s.instead != nil && s.instead.LineageID == s.lineage
	return s.ended && (s.reason == moved || s.reason == sentAway || continued)
}

// leaveUnseen ends the stay of a session that has moved in its channels. Its members stay in the
// engine for as long as a client may be away, unless the next session's take their place.
func (s *session) leaveUnseen() {
	if s.reason == sentAway && s.claimed() {
		s.sessions.left.Add(1)
	}
	for name := range s.joined {
		m := s.membership(name)
		if m == nil {
			continue
		}
		superseded := s.sessions.channels.Detach(m)
		s.superseded = append(s.superseded, superseded)
		s.sessions.left.Add(1)
		s.sessions.background.Go(func() {
			late := time.NewTimer(s.sessions.config.Times.SessionTimeout)
			defer late.Stop()
			select {
			case <-superseded:
				s.sessions.left.Add(-1)
			case <-late.C:
				s.sessions.left.Add(-1)
				left := m.IsMember() // no other login of the user is
				s.sessions.channels.Leave(m)
				if left {
					s.tell(event.Left, name)
				}
			case <-s.sessions.ctx.Done(): // the others remove what a gateway has left when its key runs out
			}
		})
	}
	clear(s.joined)
}
