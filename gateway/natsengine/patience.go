package natsengine

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"rtmwasm/gateway"
	"rtmwasm/gateway/retry"
)

// Waits between two looks whether somebody listens for a user, doubling from the first to
// the last. absentTime is how soon a server tells that nobody does.
const (
	firstLook  = 20 * time.Millisecond
	lastLook   = 200 * time.Millisecond
	absentTime = 50 * time.Millisecond
)

// patience knows what is on its way to users and sends it again, in order, to those who are
// logged in though nobody listened for them: they have just logged in and not all servers of
// a cluster know it, or their gateway died and they come to another one.
type patience struct {
	e *Engine

	mu sync.Mutex // guards the rest
	by map[gateway.User]*line
}

// line is what is on its way to one user, oldest first.
type line struct {
	asks    []*askFor
	running bool // a goroutine sends again what waits
}

// add notes a frame and reports whether it is to be sent now: else it waits behind others.
func (p *patience) add(a *askFor) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.by[a.user]
	if l == nil {
		l = &line{}
		if p.by == nil {
			p.by = map[gateway.User]*line{}
		}
		p.by[a.user] = l
	}
	a.waiting, a.absent = l.running, l.running // what was not sent reached nobody
	l.asks = append(l.asks, a)
	return !a.waiting
}

// remove forgets a frame; false when it was forgotten before.
func (p *patience) remove(a *askFor) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.by[a.user]
	if l == nil {
		return false
	}
	i := slices.Index(l.asks, a)
	if i < 0 {
		return false
	}
	l.asks = slices.Delete(l.asks, i, i+1)
	p.dropLocked(a.user, l)
	return true
}

func (p *patience) dropLocked(user gateway.User, l *line) {
	if len(l.asks) == 0 && !l.running {
		delete(p.by, user)
	}
}

func (p *patience) settle(a *askFor, received bool) {
	if p.remove(a) {
		a.done(received)
	}
}

// absent has a frame sent again for which nobody was there.
func (p *patience) absent(a *askFor) {
	p.mu.Lock()
	a.absent = true
	p.mu.Unlock()
	p.again(a.user)
}

// again has all sent again that a user has not answered: nobody was there for a frame, or
// he came to another gateway. What the former had is lost; his client knows what it got.
func (p *patience) again(user gateway.User) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.by[user]
	if l == nil {
		return
	}
	for _, a := range l.asks {
		a.waiting = true
	}
	if !l.running {
		l.running = true
		p.e.background.Go(func() { p.run(user, l) })
	}
}

// waiting is what waits in a line; when there is nothing its goroutine is to end.
func (p *patience) waiting(user gateway.User, l *line) (asks []*askFor) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range l.asks {
		if a.waiting {
			asks = append(asks, a)
		}
	}
	l.running = asks != nil
	p.dropLocked(user, l)
	return asks
}

func (p *patience) run(user gateway.User, l *line) {
	pause := retry.Backoff{First: firstLook, Most: lastLook}
	for {
		asks := p.waiting(user, l)
		if asks == nil {
			return
		}
		if _, err := p.e.Lookup(context.Background(), user); errors.Is(err, gateway.ErrNoSession) || p.e.isClosing() {
			p.giveUp(asks)
			continue
		}
		asks = slices.DeleteFunc(asks, func(a *askFor) bool {
			late := !time.Now().Before(a.until)
			if late {
				p.settle(a, false)
			}
			return late
		})
		if len(asks) > 0 && p.send(asks[:1], true) {
			p.send(asks[1:], false)
		}
		pause.Wait(p.e.closing)
	}
}

// giveUp is the end of frames for a user who is not logged in. Those that reached somebody
// are answered as his session ends.
func (p *patience) giveUp(asks []*askFor) {
	for _, a := range asks {
		p.mu.Lock()
		absent := a.absent
		a.waiting = false
		p.mu.Unlock()
		if absent {
			p.settle(a, false)
		}
	}
}

// send sends frames again. With look it waits until it knows whether anybody is there: the
// others must not overtake the first.
func (p *patience) send(asks []*askFor, look bool) (somebody bool) {
	found := make(chan bool, len(asks))
	for _, a := range asks {
		p.mu.Lock()
		a.waiting, a.absent = false, false
		p.mu.Unlock()
		if err := p.e.ask(a, func(somebody bool) { found <- somebody }); err != nil {
			p.settle(a, false)
		}
	}
	if !look {
		return true
	}
	select {
	case somebody = <-found:
		return somebody
	case <-time.After(absentTime):
		return true
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
