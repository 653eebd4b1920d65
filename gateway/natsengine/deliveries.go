package natsengine

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"rtmwasm/gateway/id"
	"rtmwasm/gateway/retry"
	"rtmwasm/gateway/session"
)

// Waits between two attempts to deliver to a user who is logged in but has no listener. They grow
// from the first to the last. Redeliver ends most of them early. A full wait happens when a user
// has just logged in and not all servers of a cluster know it yet. noListenerTime is how soon a server
// tells that nobody listens.
const (
	firstRetry     = 20 * time.Millisecond
	lastRetry      = 2 * time.Second
	noListenerTime = 50 * time.Millisecond
)

// pendingDeliveries holds frames that this engine sent to users and that are not answered yet. When
// a user moves to another gateway, it sends them again, in order.
type pendingDeliveries struct {
	e     *Engine
	inbox string // prefix of receipts, which are the subjects of answers

	mu     sync.Mutex // guards the rest
	last   uint64
	byID   map[uint64]*delivery
	byUser map[id.User]*userQueue
}

// delivery is a frame on its way to a user.
type delivery struct {
	id    uint64
	user  id.User
	frame []byte
	done  func(received bool)
	timer *time.Timer // ends the delivery as not received

	progress // guarded by pendingDeliveries.mu
}

// open subscribes to answers, and to messages about users who moved.
func (p *pendingDeliveries) open(e *Engine) error {
	p.e, p.inbox = e, e.nc.NewInbox()+"."
	p.byID, p.byUser = map[uint64]*delivery{}, map[id.User]*userQueue{}
	_, err := e.nc.Subscribe(p.inbox+"*", func(m *nats.Msg) { p.answer(m.Subject, answerOf(m)) })
	if err != nil {
		return fmt.Errorf("natsengine: subscribe to receipts: %w", err)
	}
	_, err = e.nc.Subscribe(redeliverSubject, func(m *nats.Msg) {
		if user, ok := parseUserKey(string(m.Data)); ok {
			p.redeliver(user)
		}
	})
	if err != nil {
		return fmt.Errorf("natsengine: subscribe to users who move: %w", err)
	}
	return nil
}

// SendToPeer implements session.Bus.
func (e *Engine) SendToPeer(user id.User, frame []byte, timeout time.Duration, done func(received bool)) error {
	p := &e.deliveries
	d := &delivery{user: user, frame: frame, done: done}
	receipt, now := p.add(d, timeout)
	if !now {
		return nil
	}
	if err := e.sendToUser(user, frame, receipt); err != nil && p.remove(d) {
		return fmt.Errorf("natsengine: send to a user: %w", err)
	}
	return nil
}

// Redeliver implements session.Bus.
func (e *Engine) Redeliver(user id.User) error {
	if err := e.nc.Publish(redeliverSubject, []byte(userKey(user))); err != nil {
		return fmt.Errorf("natsengine: tell that a user moved: %w", err)
	}
	return nil
}

// add adds a frame. If now is true, the caller must send it with the receipt. Else it is sent
// later, behind other frames.
func (p *pendingDeliveries) add(d *delivery, timeout time.Duration) (receipt string, now bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last++
	d.id = p.last
	p.byID[d.id] = d
	d.timer = time.AfterFunc(timeout, func() { p.settle(d, false) })
	q := p.byUser[d.user]
	if q == nil {
		q = &userQueue{}
		p.byUser[d.user] = q
	}
	if now = q.add(d); now {
		receipt = p.receiptLocked(q, d)
	}
	return receipt, now
}

// receiptLocked returns the receipt of a frame and its present attempt. It ends with behindMark if
// the user may still get an earlier frame.
func (p *pendingDeliveries) receiptLocked(q *userQueue, d *delivery) string {
	receipt := p.inbox + strconv.FormatUint(d.id, 36) + "_" + strconv.Itoa(d.attempt)
	if q.behind(d) {
		receipt += behindMark
	}
	return receipt
}

func parseReceipt(token string) (id uint64, attempt int) {
	first, second, _ := strings.Cut(strings.TrimSuffix(token, behindMark), "_")
	id, _ = strconv.ParseUint(first, 36, 64) // ids begin with 1, so 0 is not found
	attempt, _ = strconv.Atoi(second)
	return id, attempt
}

// remove removes a frame, and reports whether it was there.
func (p *pendingDeliveries) remove(d *delivery) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.removeLocked(d)
}

func (p *pendingDeliveries) removeLocked(d *delivery) bool {
	if p.byID[d.id] == nil {
		return false
	}
	delete(p.byID, d.id)
	d.timer.Stop()
	q := p.byUser[d.user]
	q.remove(d)
	p.dropLocked(d.user, q)
	return true
}

func (p *pendingDeliveries) dropLocked(user id.User, q *userQueue) {
	if len(q.items) == 0 && !q.running {
		delete(p.byUser, user)
	}
}

func (p *pendingDeliveries) settle(d *delivery, received bool) {
	if p.remove(d) {
		d.done(received)
	}
}

func answerOf(m *nats.Msg) answer {
	switch {
	case isNoResponders(m):
		return nobodyListens
	case len(m.Data) == 1:
		return answerOfOutcome(session.Outcome(m.Data[0]))
	}
	return notReceived
}

func answerOfOutcome(o session.Outcome) answer {
	switch o {
	case session.Received:
		return received
	case session.Moved:
		return userMoved
	}
	return notReceived
}

// answer handles an answer to a frame with this receipt. It returns false for a receipt of another
// engine.
func (p *pendingDeliveries) answer(receipt string, a answer) (here bool) {
	token, here := strings.CutPrefix(receipt, p.inbox)
	if !here {
		return false
	}
	id, attempt := parseReceipt(token)
	p.mu.Lock()
	d := p.byID[id]
	if d == nil {
		p.mu.Unlock()
		return true
	}
	q := p.byUser[d.user]
	ends, start := q.answered(d, attempt, a)
	q.gotAnswer.give()
	if ends {
		p.removeLocked(d)
	}
	if start {
		p.startLocked(d.user, q)
	}
	p.mu.Unlock()
	if ends {
		d.done(a == received)
	}
	return true
}

// redeliver sends a user's frames again at once, because the user now listens at another gateway.
// What the former gateway had is lost. The client drops frames that it already has.
func (p *pendingDeliveries) redeliver(user id.User) {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := p.byUser[user]
	if q == nil {
		return
	}
	if q.rewind() {
		p.startLocked(user, q)
	} else {
		q.moved.give()
	}
}

func (p *pendingDeliveries) startLocked(user id.User, q *userQueue) {
	q.gotAnswer, q.moved = newSignal(), newSignal()
	p.e.background.Go(func() { p.run(user, q) })
}

// run sends a user's frames until none is left to send.
func (p *pendingDeliveries) run(user id.User, q *userQueue) {
	pause := retry.Backoff{First: firstRetry, Max: lastRetry}
	for first := true; ; first = false {
		more, again := p.begin(user, q)
		if !more {
			return
		}
		if again && !first && q.moved.wait(pause.Next(), p.e.closing) {
			pause.Reset()
		}
		if _, err := p.e.Lookup(context.Background(), user); errors.Is(err, session.ErrNoSession) || p.e.isClosing() {
			p.giveUp(q)
			continue
		}
		p.sendRound(q)
	}
}

func (p *pendingDeliveries) begin(user id.User, q *userQueue) (more, again bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	more, again = q.begin()
	p.dropLocked(user, q)
	return more, again
}

// sendRound sends frames to a user. It waits after the first one until somebody has answered it, or
// noListenerTime is over: later frames must not overtake it.
func (p *pendingDeliveries) sendRound(q *userQueue) {
	q.gotAnswer.take()
	for first := true; ; first = false {
		p.mu.Lock()
		d := q.next()
		if d == nil {
			p.mu.Unlock()
			return
		}
		receipt := p.receiptLocked(q, d)
		p.mu.Unlock()
		if err := p.e.sendToUser(d.user, d.frame, receipt); err != nil {
			p.settle(d, false)
		}
		if first {
			q.gotAnswer.wait(noListenerTime, p.e.closing)
		}
	}
}

// giveUp ends the deliveries to a user who is not logged in.
func (p *pendingDeliveries) giveUp(q *userQueue) {
	p.mu.Lock()
	lost := q.abandon()
	p.mu.Unlock()
	for _, d := range lost {
		p.settle(d, false)
	}
}

func (e *Engine) isClosing() bool {
	select {
	case <-e.closing:
		return true
	default:
		return false
	}
}

// signal tells a goroutine that something has happened. It holds at most one token. give on a nil
// signal does nothing.
type signal chan struct{}

func newSignal() signal { return make(signal, 1) }

func (s signal) give() {
	select {
	case s <- struct{}{}:
	default:
	}
}

func (s signal) take() {
	select {
	case <-s:
	default:
	}
}

// wait takes a token, and reports false if none came before the time was over or the engine was
// closed.
func (s signal) wait(most time.Duration, closing <-chan struct{}) bool {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-s:
		return true
	case <-timer.C:
	case <-closing:
	}
	return false
}
