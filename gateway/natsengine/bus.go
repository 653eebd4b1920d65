package natsengine

import (
	"context"
	"errors"
	"fmt"

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
func (e *Engine) ListenPeer(user gateway.User, h func(frame []byte, receipt string), notified func()) (stop func(), err error) {
	stop, err = e.dispatcher.subscribe(peerSubject+userKey(user), func(m *nats.Msg) {
		if len(m.Data) == 0 {
			notified()
			return
		}
		h(m.Data, m.Reply)
	})
	if err != nil {
		return nil, fmt.Errorf("natsengine: listen for a user: %w", err)
	}
	return stop, nil
}

// Receipt implements gateway.Bus: a receipt is where the sender waits for an answer. One
// that waits here needs no server in between.
func (e *Engine) Receipt(receipt string, received bool) {
	answer := peerDidNot
	if received {
		answer = peerTookIt
	}
	if !e.requests.answer(receipt, answer) {
		_ = e.nc.Publish(receipt, answer)
	}
}

// ListenRoom implements gateway.Bus.
func (e *Engine) ListenRoom(room gateway.Room, h func(frame []byte)) (stop func(), err error) {
	heard := &heard{pass: h}
	unsubscribe, err := e.dispatcher.subscribe(roomSubject+roomKey(room), func(m *nats.Msg) { heard.take(m.Data) })
	if err != nil {
		return nil, fmt.Errorf("natsengine: listen to a channel: %w", err)
	}
	e.comeback.listen(room, heard.take)
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
