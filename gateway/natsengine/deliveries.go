package natsengine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"rtmwasm/gateway"
	"rtmwasm/gateway/retry"
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
	e *Engine

	mu     sync.Mutex // guards the rest
	byUser map[gateway.User]*userQueue
}

// userQueue is what is on its way to one user, oldest first.
type userQueue struct {
	items   []*delivery
	running bool          // a goroutine sends what waits
	wake    chan struct{} // holds a token when it is to try now; nil before it has run
}

// delivery is a frame on its way to a user.
type delivery struct {
	user  gateway.User
	frame []byte
	until time.Time // when its timeout ends
	done  func(received bool)

	// Guarded by pendingDeliveries.mu.
	attempt int  // counts how often it was sent
	waiting bool // it is to be sent, for the first time or again
	reached bool // somebody got the last attempt and has not said that the user moved
	passed  bool // the user received a later frame: this one would come behind it
}

// behind reports that the user may yet get an earlier frame than d.
func (q *userQueue) behind(d *delivery) bool {
	for _, earlier := range q.items {
		if !earlier.passed {
			return earlier != d
		}
	}
	return false
}

// AskPeer implements gateway.Bus.
func (e *Engine) AskPeer(user gateway.User, frame []byte, timeout time.Duration, done func(received bool)) error {
	d := &delivery{user: user, frame: frame, until: time.Now().Add(timeout), done: done}
	now, behind := e.deliveries.add(d)
	if !now {
		return nil
	}
	err := e.deliveries.send(d, 1, behind, nil)
	if err != nil {
		e.deliveries.remove(d)
	}
	return err
}

// Redeliver implements gateway.Bus.
func (e *Engine) Redeliver(user gateway.User) error {
	if err := e.nc.Publish(redeliverSubject, []byte(userKey(user))); err != nil {
		return fmt.Errorf("natsengine: tell that a user moved: %w", err)
	}
	return nil
}

func (e *Engine) listenRedeliver() error {
	_, err := e.nc.Subscribe(redeliverSubject, func(m *nats.Msg) {
		if user, ok := parseUserKey(string(m.Data)); ok {
			e.deliveries.redeliver(user)
		}
	})
	return err
}

// add notes a frame and reports whether it is to be sent now: else it waits behind others. behind
// reports that the user may yet get an earlier frame.
func (p *pendingDeliveries) add(d *delivery) (now, behind bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := p.byUser[d.user]
	if q == nil {
		q = &userQueue{}
		if p.byUser == nil {
			p.byUser = map[gateway.User]*userQueue{}
		}
		p.byUser[d.user] = q
	}
	if q.running {
		d.waiting = true
	} else {
		d.attempt, d.reached = 1, true
	}
	q.items = append(q.items, d)
	return !d.waiting, q.behind(d)
}

// remove forgets a frame; false when it was forgotten before.
func (p *pendingDeliveries) remove(d *delivery) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := p.byUser[d.user]
	if q == nil {
		return false
	}
	i := slices.Index(q.items, d)
	if i < 0 {
		return false
	}
	q.items = slices.Delete(q.items, i, i+1)
	p.dropLocked(d.user, q)
	return true
}

func (p *pendingDeliveries) dropLocked(user gateway.User, q *userQueue) {
	if len(q.items) == 0 && !q.running {
		delete(p.byUser, user)
	}
}

func (p *pendingDeliveries) settle(d *delivery, received bool) {
	if p.remove(d) {
		d.done(received)
	}
}

// answer is what comes of one attempt.
type answer int

const (
	noAnswer answer = iota
	notReceived
	received
	userMoved
	nobodyListens
)

func answerOf(m *nats.Msg) answer {
	switch {
	case m == nil:
		return noAnswer
	case isNoResponders(m):
		return nobodyListens
	case len(m.Data) == 1 && gateway.Outcome(m.Data[0]) == gateway.Received:
		return received
	case len(m.Data) == 1 && gateway.Outcome(m.Data[0]) == gateway.Moved:
		return userMoved
	}
	return notReceived
}

// step is what follows from an answer.
type step int

const (
	ignore step = iota
	succeed
	fail
	sendAgain
)

// after tells what follows from an answer to the latest attempt, or to an earlier one: a frame
// that was sent again may have been taken by the gateway that the user left.
func (a answer) after(latest bool) step {
	switch {
	case a == received:
		return succeed
	case a == noAnswer, a == notReceived && latest:
		return fail
	case latest:
		return sendAgain
	}
	return ignore
}

// send makes an attempt. tried, if it is not nil, is told whether anybody listened; of an answer
// that does not come it hears late.
func (p *pendingDeliveries) send(d *delivery, attempt int, behind bool, tried func(somebody bool)) error {
	mark := ""
	if behind {
		mark = behindMark
	}
	err := p.e.askUser(d.user, d.frame, mark, time.Until(d.until), func(m *nats.Msg) {
		a := answerOf(m)
		p.answered(d, attempt, a)
		if tried != nil {
			tried(a != nobodyListens)
		}
	})
	if err != nil {
		return fmt.Errorf("natsengine: send to a user: %w", err)
	}
	return nil
}

func (p *pendingDeliveries) answered(d *delivery, attempt int, a answer) {
	var missed []*delivery
	p.mu.Lock()
	next := a.after(attempt == d.attempt)
	switch {
	case next == succeed:
		missed = p.passLocked(d)
	case next == sendAgain && d.passed:
		next = fail
	case next == sendAgain:
		d.reached = false
		p.resendLocked(d.user)
	}
	p.mu.Unlock()
	for _, earlier := range missed {
		p.settle(earlier, false)
	}
	switch next {
	case succeed:
		p.settle(d, true)
	case fail:
		p.settle(d, false)
	}
}

// passLocked has frames before d not sent again, because d was received: a gateway may have missed
// them. It returns those that nobody will answer.
func (p *pendingDeliveries) passLocked(d *delivery) (missed []*delivery) {
	q := p.byUser[d.user]
	if q == nil {
		return nil
	}
	for _, earlier := range q.items[:max(0, slices.Index(q.items, d))] {
		if earlier.waiting && !earlier.reached {
			missed = append(missed, earlier)
		}
		earlier.passed, earlier.waiting = true, false
	}
	return missed
}

// redeliver sends again now: the user listens at another gateway. What the former had is lost;
// the client knows what it got.
func (p *pendingDeliveries) redeliver(user gateway.User) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.resendLocked(user)
	if q := p.byUser[user]; q != nil {
		select {
		case q.wake <- struct{}{}:
		default:
		}
	}
}

// resendLocked has all sent again that a user has not answered.
func (p *pendingDeliveries) resendLocked(user gateway.User) {
	q := p.byUser[user]
	if q == nil || len(q.items) == 0 {
		return
	}
	for _, d := range q.items {
		d.waiting = !d.passed
	}
	if !q.running {
		q.running = true
		if q.wake == nil {
			q.wake = make(chan struct{}, 1)
		}
		p.e.background.Go(func() { p.run(user, q) })
	}
}

// waiting is what is to be sent; when there is nothing the queue's goroutine is to end. again
// reports that the first of it was sent before.
func (p *pendingDeliveries) waiting(user gateway.User, q *userQueue) (items []*delivery, again bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range q.items {
		if d.waiting {
			items = append(items, d)
		}
	}
	q.running = items != nil
	p.dropLocked(user, q)
	return items, q.running && items[0].attempt > 0
}

// run sends what waits for a user until nothing does.
func (p *pendingDeliveries) run(user gateway.User, q *userQueue) {
	pause := retry.Backoff{First: firstLook, Most: lastLook}
	for first := true; ; first = false {
		items, again := p.waiting(user, q)
		if items == nil {
			return
		}
		if again && !first {
			timer := time.NewTimer(min(pause.Next(), time.Until(items[0].until)))
			select {
			case <-q.wake:
				pause.Reset()
			case <-timer.C:
			case <-p.e.closing:
			}
			timer.Stop()
		}
		p.deliver(user, items)
	}
}

// deliver sends frames to a user, the first of them alone until it is known that somebody
// listens: the others must not overtake it.
func (p *pendingDeliveries) deliver(user gateway.User, items []*delivery) {
	if _, err := p.e.Lookup(context.Background(), user); errors.Is(err, gateway.ErrNoSession) || p.e.isClosing() {
		p.giveUp(items)
		return
	}
	items = slices.DeleteFunc(items, func(d *delivery) bool {
		late := !time.Now().Before(d.until)
		if late {
			p.settle(d, false)
		}
		return late
	})
	for i, d := range items {
		found := make(chan bool, 1)
		attempt, behind := p.begin(d)
		if attempt == 0 {
			continue
		}
		if err := p.send(d, attempt, behind, func(somebody bool) { found <- somebody }); err != nil {
			p.settle(d, false)
		}
		if i > 0 {
			continue
		}
		select {
		case somebody := <-found:
			if !somebody {
				return
			}
		case <-time.After(absentTime):
		}
	}
}

// begin counts an attempt; 0 if the frame is not to be sent any more. behind reports that the user
// may yet get an earlier frame.
func (p *pendingDeliveries) begin(d *delivery) (attempt int, behind bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d.passed {
		return 0, false
	}
	d.attempt++
	d.waiting, d.reached = false, true
	q := p.byUser[d.user]
	return d.attempt, q != nil && q.behind(d)
}

// giveUp ends frames for a user who is not logged in. Those that reached somebody are answered
// as that session ends.
func (p *pendingDeliveries) giveUp(items []*delivery) {
	for _, d := range items {
		p.mu.Lock()
		reached := d.reached
		d.waiting = false
		p.mu.Unlock()
		if !reached {
			p.settle(d, false)
		}
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
