package natsengine

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/session"
)

var _ session.Bus = (*Engine)(nil)

// ListenPeer implements session.Bus.
func (e *Engine) ListenPeer(user id.User, h func(frame []byte, receipt string), notified func()) (stop func(), err error) {
	guard := orderGuard{until: time.Now().Add(guardTime)}
	take := func(frame []byte, receipt string) {
		switch {
		case len(frame) == 0:
			notified()
		case guard.takes(receipt):
			h(frame, receipt)
		default:
			e.Receipt(receipt, session.Moved)
		}
	}
	if e.embedded != nil {
		return e.peers.listen(user, take), nil
	}
	stop, err = e.dispatcher.subscribe(peerSubject+userKey(user), func(m *nats.Msg) { take(m.Data, m.Reply) })
	if err != nil {
		return nil, fmt.Errorf("natsengine: listen for a user: %w", err)
	}
	return stop, nil
}

// Receipt implements session.Bus. A receipt is the subject on which the sender waits for an answer.
// If the sender is this engine, the answer does not go through the server.
func (e *Engine) Receipt(receipt string, outcome session.Outcome) {
	if !e.deliveries.answer(receipt, answerOfOutcome(outcome)) {
		_ = e.nc.Publish(receipt, []byte{byte(outcome)})
	}
}

// ListenChannel implements channel.Engine.
func (e *Engine) ListenChannel(id channel.ID, h func(frame []byte)) (stop func(), err error) {
	once := &deduplicator{pass: h}
	unsubscribe, err := e.dispatcher.subscribe(channelSubject+channelKey(id), func(m *nats.Msg) { once.take(m.Data) })
	if err != nil {
		return nil, fmt.Errorf("natsengine: listen to a channel: %w", err)
	}
	e.recovery.listen(id, once)
	stop = func() {
		e.recovery.unlisten(id, once)
		unsubscribe()
	}
	ctx, cancel := context.WithTimeout(context.Background(), opTimeout)
	defer cancel()
	if err := e.pass(ctx, &e.fence.listeners); err != nil {
		stop()
		return nil, fmt.Errorf("natsengine: listen to a channel: %w", err)
	}
	return stop, nil
}

// ListenEvictions implements session.Bus.
func (e *Engine) ListenEvictions(gatewayID string, h func(session.Eviction)) (stop func(), err error) {
	stop, err = e.dispatcher.subscribe(evictSubject+gatewayID, func(m *nats.Msg) {
		eviction, err := decodeEviction(m.Data)
		if err != nil {
			return // not from a gateway
		}
		span := e.answerFor(m, "evict")
		go func() {
			h(eviction)
			_ = m.Respond(nil) // if this fails, the asking gateway continues after its timeout
			span.End(nil)
		}()
	})
	if err != nil {
		return nil, fmt.Errorf("natsengine: listen for evictions: %w", err)
	}
	return stop, nil
}

// Evict implements session.Bus.
func (e *Engine) Evict(ctx context.Context, gatewayID string, eviction session.Eviction) (err error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	ctx, span := startNATS(ctx, "nats ask_gateway", "evict")
	defer func() { endNATS(span, err) }()
	_, err = e.nc.RequestMsgWithContext(ctx, toGateway(ctx, evictSubject+gatewayID, encodeEviction(eviction)))
	if err != nil && !errors.Is(err, nats.ErrNoResponders) {
		return fmt.Errorf("natsengine: evict a session: %w", err)
	}
	return nil
}

// kickedMark follows the session's id in the eviction of a session that was kicked.
const kickedMark = "kicked"

// encodeEviction returns "session", "session lastSeq" for one that moved, or "session kicked".
func encodeEviction(e session.Eviction) []byte {
	text := e.Session
	switch {
	case e.Moved:
		text += " " + strconv.FormatUint(e.LastSeq, 10)
	case e.Kicked:
		text += " " + kickedMark
	}
	return []byte(text)
}

func decodeEviction(text []byte) (e session.Eviction, err error) {
	id, seq, more := strings.Cut(string(text), " ")
	e = session.Eviction{Session: id, Moved: more && seq != kickedMark, Kicked: more && seq == kickedMark}
	if e.Moved {
		e.LastSeq, err = strconv.ParseUint(seq, 10, 64)
	}
	return e, err
}
