package natsengine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"rtmwasm/gateway/tracing"
)

// An answer of a gateway comes in parts that fit a NATS message. The first byte of a part
// tells whether another one follows. The first part is empty and comes at once, within
// firstPartTime: a gateway whose machine is gone may count as listening for minutes.
const (
	maxPart       = 512 << 10
	firstPartTime = time.Second

	lastPart byte = 0
	morePart byte = 1
)

var errNoGateway = errors.New("natsengine: the gateway is gone")

// listen has h answer the requests on a subject, one at a time. h must not block; it calls reply
// once, now or later, where an answer is wanted. An answer may be large.
func (e *Engine) listen(subject string, h func(request []byte, reply func([]byte))) (stop func(), err error) {
	stop, err = e.dispatcher.subscribe(subject, func(m *nats.Msg) {
		var span tracing.Span
		if m.Reply != "" {
			_ = m.Respond([]byte{morePart})
			span = e.answerFor(m, "media")
		}
		h(m.Data, func(answer []byte) {
			defer span.End(nil)
			for _, part := range parts(answer, maxPart) {
				_ = m.Respond(part) // on failure the timeout of who asked says so
			}
		})
	})
	if err != nil {
		return nil, fmt.Errorf("natsengine: listen to gateways: %w", err)
	}
	return stop, nil
}

func parts(answer []byte, most int) (parts [][]byte) {
	for len(answer) > most {
		parts = append(parts, append([]byte{morePart}, answer[:most]...))
		answer = answer[most:]
	}
	return append(parts, append([]byte{lastPart}, answer...))
}

// askAt returns the answer of who listens on a subject. It waits as long as first for a part of it, and
// until ctx ends for the rest.
func (e *Engine) askAt(ctx context.Context, subject string, request []byte, first time.Duration) (answer []byte, err error) {
	ctx, span := startNATS(ctx, "nats ask_gateway", "media")
	defer func() { endNATS(span, err) }()
	sub, err := e.nc.SubscribeSync(e.nc.NewInbox())
	if err != nil {
		return nil, fmt.Errorf("natsengine: ask a gateway: %w", err)
	}
	defer func() { _ = sub.Unsubscribe() }() // fails only on a closed connection
	question := toGateway(ctx, subject, request)
	question.Reply = sub.Subject
	if err := e.nc.PublishMsg(question); err != nil {
		return nil, fmt.Errorf("natsengine: ask a gateway: %w", err)
	}
	m, err := sub.NextMsg(first)
	if err != nil || isNoResponders(m) {
		return nil, errNoGateway
	}
	for {
		m, err := sub.NextMsgWithContext(ctx)
		if err == nil && len(m.Data) == 0 {
			err = errNoGateway
		}
		if err != nil {
			return nil, fmt.Errorf("natsengine: ask a gateway: %w", err)
		}
		answer = append(answer, m.Data[1:]...)
		if m.Data[0] == lastPart {
			return answer, nil
		}
	}
}
