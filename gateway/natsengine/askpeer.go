package natsengine

import (
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"rtmwasm/gateway"
)

// askFor is a frame on its way to a user.
type askFor struct {
	user  gateway.User
	frame []byte
	until time.Time // when its timeout ends
	done  func(received bool)

	waiting, absent bool // to be sent, again or at last; it reached nobody. Guarded by patience.mu
}

// AskPeer implements gateway.Bus. In a cluster a user may be logged in though nobody
// listens: see patience.
func (e *Engine) AskPeer(user gateway.User, frame []byte, timeout time.Duration, done func(received bool)) error {
	a := &askFor{user: user, frame: frame, until: time.Now().Add(timeout), done: done}
	if !e.patience.add(a) {
		return nil
	}
	err := e.ask(a, nil)
	if err != nil {
		e.patience.remove(a)
	}
	return err
}

// ask sends a frame. tried, if it is not nil, is told whether anybody was there; of an
// answer that does not come it hears late.
func (e *Engine) ask(a *askFor, tried func(somebody bool)) error {
	err := e.requests.send(peerSubject+userKey(a.user), a.frame, time.Until(a.until), func(m *nats.Msg) {
		absent := isNoResponders(m) && e.embedded == nil
		if absent {
			e.patience.absent(a)
		} else {
			e.patience.settle(a, m != nil && len(m.Data) == 1 && m.Data[0] == peerTookIt[0])
		}
		if tried != nil {
			tried(!absent)
		}
	})
	if err != nil {
		return fmt.Errorf("natsengine: send to a user: %w", err)
	}
	return nil
}

// Reask implements gateway.Bus.
func (e *Engine) Reask(user gateway.User) error {
	if err := e.nc.Publish(reaskSubject, []byte(userKey(user))); err != nil {
		return fmt.Errorf("natsengine: tell that a user moved: %w", err)
	}
	return nil
}

func (e *Engine) listenReask() error {
	_, err := e.nc.Subscribe(reaskSubject, func(m *nats.Msg) {
		if user, ok := parseUserKey(string(m.Data)); ok {
			e.patience.again(user)
		}
	})
	return err
}
