package session

import (
	"context"
	"crypto/sha256"
	"time"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/event"
)

// A client may come back to a gateway that does not have its session: its own gateway is gone, is
// drained or cannot be reached, or a load balancer chose another one. The steps are always the
// same. The client gets a new session of the same lineage, and other users see one session that
// continues:
//
//	- The new session replaces the former one in the registry (claim).
//	- It listens for its user, and all gateways send again what the client may have missed
//	  (Bus.Redeliver). The client drops what it already has, by the number of each message.
//	- The former gateway, if it is alive, ends the former session and tells no other user (moved).
//	  Its members stay until those of the new session replace them.
//	- The client enters its channels again and asks for what it missed in them, subscribes to
//	  presence again, and repeats the requests that were not answered.
//
// Gateways do not pass any state to each other.

// moved is why a session ends whose client came to another gateway.
var moved = closeReason{wire.CloseReplaced, "the session goes on at another gateway"}

// claim registers the session as the user's, listens for the user, and tells the gateway of the
// former session to end that one.
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

// evicted ends a session, and returns when nothing of it is left here.
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

// evict tells the gateway of a former session to end it.
func (s *Sessions) evict(ctx context.Context, user User, former Record, e Eviction) {
	if err := s.engine.Evict(context.WithoutCancel(ctx), former.Gateway, e); err != nil {
		// Its gateway hangs. Its credential is no longer valid.
		s.log.WarnContext(ctx, "the gateway of a user's former session does not answer", "app", user.App, "uid", user.ID, "error", err)
	}
}

// nextRecord returns the record of a new session. own is what is known of it. former is the record
// that it replaces, nil if there is none. A client that reconnects on its own continues the former
// session if it has that session's credential. If it does not, it is refused with ErrTaken.
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

// moveOf returns the eviction of a session that has moved. The client's last push counts only if it
// came from that session.
func moveOf(former Record, r *wire.Resume) Eviction {
	e := Eviction{Session: former.Session, Moved: true}
	if r.SessionId == former.Session {
		e.LastSeq = r.LastSeq
	}
	return e
}

// hasMoved reports whether the session has ended and continues at another gateway. It is also true
// if the session may continue there because the client was sent away.
func (s *session) hasMoved() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hasMovedLocked()
}

func (s *session) hasMovedLocked() bool {
	continued := s.instead != nil && s.instead.LineageID == s.lineage
	return s.ended && (s.reason == moved || s.reason == toMove || continued)
}

// leaveUnseen detaches a session that has moved from its channels. Its members stay in the engine
// for as long as a client may be away, unless the members of the next session replace them.
func (s *session) leaveUnseen() {
	if s.reason == toMove && s.claimed() {
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
				left := m.IsMember() // no other login of the user is a member
				s.sessions.channels.Leave(m)
				if left {
					s.tell(event.Left, name)
				}
			case <-s.sessions.ctx.Done(): // other gateways remove the members when this gateway's key expires
			}
		})
	}
	clear(s.joined)
}
