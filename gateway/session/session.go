package session

import (
	"context"
	"crypto/sha256"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/mailbox"
	"rtmwasm/gateway/once"
	"rtmwasm/gateway/presence"
	"rtmwasm/gateway/rate"
	"rtmwasm/gateway/retry"
)

// session is one login. Sessions.login creates it, and end ends it.
type session struct {
	sessions   *Sessions
	user       User
	id         string
	secret     [sha256.Size]byte // hash of its credential's secret
	lineage    string            // the LineageID of its Record; set before run
	cameOnline bool              // the user was not logged in before; set before run

	tasks   chan *wire.ClientFrame // requests, for run
	waiting atomic.Int32           // how many requests are in tasks, about to be added, or being done
	over    chan struct{}          // closed by end
	gone    chan struct{}          // closed when nothing of the session is left

	superseded []<-chan struct{} // for a session that moved, one for each channel: see channel.Channels.Detach; set before gone

	turn sync.Mutex // held while a request is done; from newSession until run it is held for run

	// Guarded by turn.
	joined   map[string]*channel.Membership // by channel; a join may have begun or failed
	rates    rate.Requests
	stopPeer func()
	sentOnce *once.Memory  // nil before the first message of an outbox
	lookups  chan struct{} // has a token for each running look-up of media; nil before the first

	traces   *requestTraces // nil if requests are not traced
	inbox    *mailbox.Inbox
	activity *presence.Activity

	telling sync.Mutex // held while Config.Events is called

	mu       sync.Mutex // guards the rest
	link     *link      // nil while detached
	attached int        // how often a link was attached; identifies the expiry that is current
	expiry   *time.Timer
	token    tokenWatch
	out      outbox
	answers  answers
	entered  []string // channels whose Joined was answered but not yet reported as an event
	cameBack bool     // the client came back after its last request that counts for a rate
	ended    bool
	reason   closeReason
	released bool     // it is no longer in the registry
	instead  *Record  // the session that had replaced it by then
	receipts []string // of peer messages that came until it was released
	endLink  *link    // the link to close when the session is gone
}

// closeReason is why a session or its link ends. The client is told.
type closeReason struct {
	code int // one of CloseCodes
	text string
}

func newSession(s *Sessions, user User, id, secret string) *session {
	session := &session{
		sessions: s,
		user:     user,
		id:       id,
		lineage:  id,
		secret:   sha256.Sum256([]byte(secret)),
		tasks:    make(chan *wire.ClientFrame, maxTasks),
		over:     make(chan struct{}),
		gone:     make(chan struct{}),
		joined:   map[string]*channel.Membership{},
		activity: presence.NewActivity(s.config.Times.Unreachable),
	}
	session.traces = newRequestTraces(s.config.Tracer, session)
	session.inbox = mailbox.NewInbox(s.engine, user, session, maxQueueBytes)
	session.turn.Lock()
	return session
}

// record returns the session's record for the registry.
func (s *session) record() Record {
	return Record{Session: s.id, Gateway: s.sessions.id, Secret: s.secret, LineageID: s.lineage}
}

// short is the part of the id that is logged. It gives no access.
func (s *session) short() string { return s.id[:8] }

// attach makes l the session's link. It sends Welcome first, then what the client has missed, then
// new pushes. It returns false if the session has ended.
func (s *session) attach(l *link, welcome []byte, lastSeq uint64) bool {
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return false
	}
	if s.link != nil {
		s.link.close(wire.CloseReplaced, "the session goes on over another socket")
	}
	s.stopExpiry()
	s.activity.Touch()
	s.attached++
	s.link = l
	s.cameBack = s.cameBack || s.attached > 1
	done := s.out.ack(lastSeq)
	s.out.trim(time.Now())
	l.send(outFrame{body: welcome})
	for _, k := range s.out.items {
		l.send(outFrame{seq: k.seq, body: k.body, replay: true})
	}
	s.mu.Unlock()
	settle(done, true)
	return true
}

// detach removes the link. The session then waits for the client to come back.
func (s *session) detach(l *link, code int, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.detachLocked(l, code, reason)
}

func (s *session) detachLocked(l *link, code int, reason string) {
	l.close(code, reason)
	if s.link != l {
		return
	}
	s.link = nil
	if s.ended {
		return
	}
	nth := s.attached
	wait := s.sessions.config.Times.SessionTimeout
	if code == wire.CloseSilent { // the client has been away since its silence began
		wait = max(wait-s.sessions.config.Times.SilenceLimit, wait/2)
	}
	s.expiry = time.AfterFunc(wait, func() { s.expire(nth) })
}

// claimed reports whether a client was ever attached, and so whether the session was ever in the
// registry.
func (s *session) claimed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.attached > 0
}

func (s *session) stopExpiry() {
	if s.expiry != nil {
		s.expiry.Stop()
		s.expiry = nil
	}
}

func (s *session) expire(nth int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.attached == nth {
		s.endLocked(closeReason{wire.CloseSilent, "the client did not come back"})
	}
}

// end ends the session. The first reason counts. run then calls tearDown.
func (s *session) end(reason closeReason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endLocked(reason)
}

func (s *session) endReason() (code int, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reason.code, s.reason.text
}

func (s *session) endLocked(reason closeReason) {
	if s.ended {
		return
	}
	s.ended = true
	s.reason = reason
	s.stopExpiry()
	s.token.stop()
	s.activity.Stop()
	s.endLink, s.link = s.link, nil
	close(s.over)
}

// tearDown removes everything of the session. The credential becomes invalid before the client is
// told, and the client is told before other users are. Other users are not told if the session has
// moved or may move.
func (s *session) tearDown() {
	srv := s.sessions
	s.traces.close()
	if s.stopPeer != nil {
		s.stopPeer()
	}
	s.inbox.Close(context.Background()) // the engine limits the time
	s.release()
	s.mu.Lock()
	unread := s.out.items
	s.out.items = nil
	l, reason := s.endLink, s.reason
	s.mu.Unlock()
	if l != nil {
		l.close(reason.code, reason.text)
	}
	settle(unread, false)
	if s.hasMoved() {
		s.leaveUnseen()
	} else {
		s.tellEnd()
	}
	retry.Each(slices.Collect(maps.Values(s.joined)), core.MaxJoinedChannels, srv.channels.Leave)
	srv.presence.Remove(s)
	srv.log.Info("session ended", "app", s.user.App, "uid", s.user.ID, "session", s.short(), "code", reason.code, "reason", reason.text)
	srv.remove(s)
	close(s.gone)
}

// release removes the session from the registry, unless it has moved.
func (s *session) release() {
	if s.hasMoved() {
		return
	}
	s.sessions.retryInBackground("release a session", s.user, func() error {
		instead, err := s.sessions.engine.Release(context.Background(), s.user, s.record()) // the engine limits the time
		if err == nil {
			s.wasReleased(instead)
		}
		return err
	})
}

// wasReleased answers for messages that came until the session was released. Now it is known which
// session has replaced it. If that never becomes known, the senders' gateways time out.
func (s *session) wasReleased(instead *Record) {
	s.mu.Lock()
	s.released, s.instead = true, instead
	receipts := s.receipts
	s.receipts = nil
	s.mu.Unlock()
	for _, receipt := range receipts {
		s.answerReceipt(receipt, false)
	}
}

// isReplaced reports whether the user logged in elsewhere before the session was released.
func (s *session) isReplaced() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.instead != nil
}
