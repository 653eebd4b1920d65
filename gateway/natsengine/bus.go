package natsengine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"rtmwasm/gateway"
)

var _ gateway.Bus = (*Engine)(nil)

// Answers to a frame for a peer.
var (
	peerTookIt = []byte{1}
	peerDidNot = []byte{0}
)

// ListenPeer implements gateway.Bus.
func (e *Engine) ListenPeer(user gateway.User, h func(frame []byte, reply func(received bool)), nudged func()) (stop func(), err error) {
	stop, err = e.dispatcher.subscribe(peerSubject+userKey(user), func(m *nats.Msg) {
		if len(m.Data) == 0 {
			nudged()
			return
		}
		h(m.Data, func(received bool) {
			answer := peerDidNot
			if received {
				answer = peerTookIt
			}
			_ = m.Respond(answer) // on failure the sender's timeout says the same as "no"
		})
	})
	if err != nil {
		return nil, fmt.Errorf("natsengine: listen for a user: %w", err)
	}
	return stop, nil
}

// A user who has just logged in listens at one server of a cluster; the others learn of it
// within interestTime, and say until then that nobody does.
const (
	interestTime = time.Second
	interestWait = 20 * time.Millisecond
)

// AskPeer implements gateway.Bus.
func (e *Engine) AskPeer(user gateway.User, frame []byte, timeout time.Duration, done func(received bool)) error {
	return e.askPeer(user, frame, time.Now(), timeout, done)
}

func (e *Engine) askPeer(user gateway.User, frame []byte, begun time.Time, timeout time.Duration, done func(received bool)) error {
	err := e.asker.ask(peerSubject+userKey(user), frame, timeout, func(m *nats.Msg) {
		if e.embedded == nil && nobody(m) && time.Since(begun) < min(timeout, interestTime) {
			e.background.Go(func() { e.askAgain(user, frame, begun, timeout, done) })
			return
		}
		done(m != nil && len(m.Data) == 1 && m.Data[0] == peerTookIt[0])
	})
	if err != nil {
		return fmt.Errorf("natsengine: send to a user: %w", err)
	}
	return nil
}

// askAgain asks a user who is logged in once more.
func (e *Engine) askAgain(user gateway.User, frame []byte, begun time.Time, timeout time.Duration, done func(received bool)) {
	_, err := e.Lookup(context.Background(), user)
	if err == nil {
		time.Sleep(interestWait)
		err = e.askPeer(user, frame, begun, timeout, done)
	}
	if err != nil {
		done(false)
	}
}

// ListenRoom implements gateway.Bus.
func (e *Engine) ListenRoom(room gateway.Room, h func(frame []byte)) (stop func(), err error) {
	unsubscribe, err := e.dispatcher.subscribe(roomSubject+roomKey(room), func(m *nats.Msg) { h(m.Data) })
	if err != nil {
		return nil, fmt.Errorf("natsengine: listen to a channel: %w", err)
	}
	e.comeback.listen(room, h)
	return func() {
		e.comeback.unlisten(room)
		unsubscribe()
	}, nil
}

// ListenKicks implements gateway.Bus.
func (e *Engine) ListenKicks(gatewayID string, h func(session string)) (stop func(), err error) {
	stop, err = e.dispatcher.subscribe(kickSubject+gatewayID, func(m *nats.Msg) {
		go func() {
			h(string(m.Data))
			_ = m.Respond(nil) // on failure the kicker goes on after its timeout
		}()
	})
	if err != nil {
		return nil, fmt.Errorf("natsengine: listen for kicks: %w", err)
	}
	return stop, nil
}

// Kick implements gateway.Bus.
func (e *Engine) Kick(ctx context.Context, gatewayID, session string) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	_, err := e.nc.RequestWithContext(ctx, kickSubject+gatewayID, []byte(session))
	if err != nil && !errors.Is(err, nats.ErrNoResponders) {
		return fmt.Errorf("natsengine: kick a session: %w", err)
	}
	return nil
}
