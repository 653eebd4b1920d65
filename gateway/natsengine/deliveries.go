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

// Waits between two attempts to deliver to a user who is logged in and for whom nobody listens:
// they grow from the first to the last. Most are cut short by Redeliver; what is left is a user
// who has just logged in, which not all servers of a cluster know at once. absentTime is how soon
// a server tells that nobody listens.
const (
	firstLook  = 20 * time.Millisecond
	lastLook   = 2 * time.Second
	absentTime = 50 * time.Millisecond
)

// pendingDeliveries holds the frames that were sent to users from here and are not answered
// yet. When a user comes to another gateway, it sends them again, in order.
type pendingDeliveries struct {
	e     *Engine
	inbox string // prefix of the receipts, which are the subjects for answers

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
	timer *time.Timer // gives up

	progress // guarded by pendingDeliveries.mu
}

// open subscribes to answers, and to news of users who moved.
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
		return fmt.Errorf("natsengine: subscribe to those who move: %w", err)
	}
	return nil
}

// AskPeer implements session.Bus.
func (e *Engine) AskPeer(user id.User, frame []byte, timeout time.Duration, done func(received bool)) error {
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

// add notes a frame. It returns the receipt with which the frame is to be sent now; else it is
// sent behind others.
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

// receiptLocked names a frame and the attempt at it. It ends with behindMark if the user may yet
// get an earlier frame.
func (p *pendingDeliveries) receiptLocked(q *userQueue, d *delivery) string {
	receipt := p.inbox + strconv.FormatUint(d.id, 36) + "_" + strconv.Itoa(d.attempt)
	if q.behind(d) {
		receipt += behindMark
	}
	return receipt
}

func parseReceipt(token string) (id uint64, attempt int) {
	first, second, _ := strings.Cut(strings.TrimSuffix(token, behindMark), "_")
	id, _ = strconv.ParseUint(first, 36, 64) // ids begin with 1
	attempt, _ = strconv.Atoi(second)
	return id, attempt
}

// remove forgets a frame; false when it was forgotten before.
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

// answer takes an answer to what was sent with a receipt. It returns false for a receipt of another gateway.
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
	q.heard.give()
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

// redeliver sends again now: the user listens at another gateway. What the former had is lost;
// the client knows what it got.
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
	q.heard, q.moved = newSignal(), newSignal()
	p.e.background.Go(func() { p.run(user, q) })
}

// run sends what waits for a user until nothing does.
func (p *pendingDeliveries) run(user id.User, q *userQueue) {
	pause := retry.Backoff{First: firstLook, Most: lastLook}
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

// sendRound sends frames to a user, the first of them alone until it is known that somebody
// listens: the others must not overtake it.
func (p *pendingDeliveries) sendRound(q *userQueue) {
	q.heard.take()
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
			q.heard.wait(absentTime, p.e.closing)
		}
	}
}

// giveUp ends frames for a user who is not logged in.
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

// signal holds a token from when something happened until somebody took it. A nil signal takes no
// token.
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

// wait reports whether there was a token before the time was over, or the engine was closed.
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
