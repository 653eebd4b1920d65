package gateway

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/retry"
)

// mail brings the messages to a session's client that were kept while the user was not
// online: those first, then what is new. (API 6.5)
type mail struct {
	mu        sync.Mutex // guards the rest; taken before the session's
	running   bool       // messages are being brought
	again     bool       // there is something new meanwhile
	waiting   bool       // for the first time through: what comes live is held
	held      []liveFrame
	heldBytes int

	wait retry.Backoff // of bringMail's goroutine, after an error

	taken   atomic.Uint64 // the highest position that the client acknowledged
	dropped atomic.Uint64 // the highest up to which the mailbox was emptied
}

type liveFrame struct {
	body    []byte
	receipt string
}

// mailRun is offline messages on their way to the client.
type mailRun struct {
	mail  *mail
	taken atomic.Uint64 // the highest position that was acknowledged
	left  sync.WaitGroup
}

// acked adds a message and returns what to call when it is settled.
func (r *mailRun) acked(position uint64) func(received bool) {
	r.left.Add(1)
	return func(received bool) {
		if received { // in order
			r.taken.Store(position)
			r.mail.taken.Store(position)
		}
		r.left.Done()
	}
}

// wait waits until all is settled.
func (r *mailRun) wait() (taken uint64) {
	r.left.Wait()
	return r.taken.Load()
}

// checkMailbox looks into the mailbox, in a goroutine of its own.
func (s *session) checkMailbox() {
	select {
	case <-s.over:
		return
	default:
	}
	s.mail.mu.Lock()
	defer s.mail.mu.Unlock()
	s.mail.again = true
	if !s.mail.running {
		s.mail.running = true
		s.server.background.Go(s.bringMail)
	}
}

// receive takes a peer message for the session. Its receipt is given when the client
// acknowledges, or when the session ends.
func (s *session) receive(frame []byte, receipt string) {
	m := &s.mail
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case !m.waiting:
		s.pushLive(frame, receipt)
	case m.heldBytes+len(frame) > maxQueueBytes:
		s.server.engine.Receipt(receipt, NotReceived)
	default:
		m.held = append(m.held, liveFrame{frame, receipt})
		m.heldBytes += len(frame)
	}
}

func (s *session) pushLive(frame []byte, receipt string) {
	s.pushItem(outboxItem{body: frame, acked: func(received bool) { s.server.engine.Receipt(receipt, s.outcome(received)) }})
}

// outcome is what becomes of a peer message that the client acknowledged, or did not before
// the session ended.
func (s *session) outcome(received bool) Outcome {
	switch {
	case received:
		return Received
	case s.hasMoved():
		return Moved
	}
	return NotReceived
}

// bringMail empties the mailbox. What the client does not acknowledge stays there.
func (s *session) bringMail() {
	m := &s.mail
	for {
		m.mu.Lock()
		if !m.again {
			m.running = false
			m.mu.Unlock()
			return
		}
		m.again = false
		m.mu.Unlock()
		err := s.emptyMailbox()
		s.releaseLive()
		if err != nil {
			s.server.log.Warn("cannot deliver offline messages: trying again", "app", s.user.App, "uid", s.user.ID, "error", err)
			s.retryMailbox()
		} else {
			m.wait.Reset()
		}
	}
}

// retryMailbox waits, and empties the mailbox again while the session lives.
func (s *session) retryMailbox() {
	if s.mail.wait.Wait(s.over) {
		s.checkMailbox()
	}
}

// releaseLive lets what came live through, after the first time.
func (s *session) releaseLive() {
	m := &s.mail
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, f := range m.held {
		s.pushLive(f.body, f.receipt)
	}
	m.held, m.heldBytes, m.waiting = nil, 0, false
}

// emptyMailbox goes on with the next batch when the client has acknowledged one.
func (s *session) emptyMailbox() error {
	ctx := context.Background() // the engine gives up by itself
	engine := s.server.engine
	position := uint64(0)
	for {
		batch, err := engine.ReadMail(ctx, s.user, position, mailBatch)
		if err != nil || len(batch) == 0 {
			return err
		}
		taken := s.deliverMail(batch)
		if taken > 0 {
			if err := engine.TruncateMail(ctx, s.user, taken); err != nil {
				return err
			}
			s.mail.dropped.Store(taken)
		}
		position = batch[len(batch)-1].Position
		if taken < position { // the session is over
			return nil
		}
	}
}

// dropTaken removes what the client acknowledged just before its session ended: the next
// one would bring it again.
func (s *session) dropTaken(ctx context.Context) {
	taken := s.mail.taken.Load()
	if taken <= s.mail.dropped.Load() {
		return
	}
	if err := s.server.engine.TruncateMail(ctx, s.user, taken); err != nil {
		s.server.log.Warn("offline messages may come twice", "app", s.user.App, "uid", s.user.ID, "error", err)
	}
}

// deliverMail waits until a batch is acknowledged, or the session has ended. It returns
// the position up to which the client has all.
func (s *session) deliverMail(batch []Mail) uint64 {
	r := mailRun{mail: &s.mail}
	for _, k := range batch {
		s.pushItem(outboxItem{body: k.Frame, acked: r.acked(k.Position)})
	}
	return r.wait()
}

// leaveMail puts a message that its receiver did not take into the receiver's mailbox.
func (s *session) leaveMail(id uint32, peer User, delivery *wire.Delivery) {
	delivery.Offline = true
	engine := s.server.engine
	err := engine.AppendMail(peer, s.user.ID, marshal(&wire.ServerFrame{Delivery: delivery}), func(err error) {
		if err == nil {
			err = engine.NotifyMail(peer) // they may have come just now
		}
		if err != nil {
			s.refuseMail(id, err)
			return
		}
		s.sent(id, false)
	})
	if err != nil {
		s.refuseMail(id, err)
	}
}

// refuseMail answers that a message cannot be stored. What may be true for every message is
// not logged every time.
func (s *session) refuseMail(id uint32, err error) {
	switch {
	case errors.Is(err, ErrStorageFull):
		s.refuse(id, newRefusal(wire.Refusal_UNAVAILABLE, "the gateway has no space for offline messages now"))
		return
	case errors.Is(err, ErrUserQuota):
		s.refuse(id, newRefusal(wire.Refusal_LIMIT, "you left as many messages for users who are away as one user may within seven days: send this one when its receiver is online"))
	case errors.Is(err, ErrAppQuota):
		s.refuse(id, newRefusal(wire.Refusal_LIMIT, "the users of this app left as many messages for users who are away as one app may within seven days: send this one when its receiver is online"))
	default:
		s.unavailable(id, err)
		return
	}
	s.server.refusals.note("an offline message is refused", refusalKey{err.Error(), s.user.App}, time.Now(), "reason", err.Error(), "app", s.user.App, "uid", s.user.ID)
}
