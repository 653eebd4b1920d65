package natsengine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"rtmwasm/gateway/media"
	"rtmwasm/gateway/retry"
	"rtmwasm/gateway/tracing"
)

const (
	mediaGateSubject = "rtm.mediagateway." // questions to one gateway
	mediaAllSubject  = "rtm.mediagateways" // messages to all gateways

	// goneTime is how long a gateway may be silent before it counts as gone. A gateway whose NATS
	// server has died reaches another server in less.
	goneTime = 1500 * time.Millisecond

	// silentTime replaces firstPartTime for a gateway that was recently silent, so that the next
	// request does not wait as long. It is longer than ownedTime of package mediastore: a gateway
	// that has not saved an upload for so long confirms, before it finishes the upload, that it still
	// owns it.
	silentTime = 400 * time.Millisecond

	// silentMemory is how long a silent gateway is remembered.
	silentMemory = 10 * time.Second
)

// mediaGateways implements media.Gateways.
type mediaGateways struct {
	e *Engine

	mu     sync.Mutex
	silent map[string]time.Time // when a gateway did not answer
}

var _ media.Gateways = (*mediaGateways)(nil)

// MediaGateways returns how gateways on the same NATS ask each other about uploads.
func (e *Engine) MediaGateways() media.Gateways {
	return &mediaGateways{e: e, silent: map[string]time.Time{}}
}

// Listen implements media.Gateways.
func (g *mediaGateways) Listen(gatewayID string, h func(question []byte, answer func([]byte))) error {
	for _, subject := range []string{mediaGateSubject + gatewayID, mediaAllSubject} {
		if _, err := g.e.listen(subject, h); err != nil {
			return err
		}
	}
	return nil
}

// Ask implements media.Gateways. A gateway that is alive but does not answer in time counts as
// gone: a client waits for the answer. This is safe, because the store does not let a gateway
// change an upload that it has lost.
func (g *mediaGateways) Ask(ctx context.Context, gatewayID string, question []byte) ([]byte, error) {
	wait := retry.Backoff{First: 50 * time.Millisecond, Max: 250 * time.Millisecond}
	asked, first, gone := time.Now(), firstPartTime, goneTime
	if g.wasSilent(gatewayID) {
		first, gone = silentTime, silentTime
	}
	for {
		answer, err := g.e.askAt(ctx, mediaGateSubject+gatewayID, question, first)
		if !errors.Is(err, errNoGateway) {
			g.note(gatewayID, false)
			return answer, err
		}
		if time.Since(asked) >= first {
			g.note(gatewayID, true)
		}
		if ctx.Err() == nil && time.Since(asked) >= gone {
			return nil, media.ErrGatewayGone
		}
		if !wait.Wait(ctx.Done()) {
			return nil, fmt.Errorf("natsengine: ask gateway %s about an upload: %w", gatewayID, ctx.Err())
		}
	}
}

func (g *mediaGateways) wasSilent(gatewayID string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return time.Since(g.silent[gatewayID]) < silentMemory
}

// note notes whether a gateway was silent, and removes those that were silent long ago.
func (g *mediaGateways) note(gatewayID string, silent bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.silent, gatewayID)
	if !silent {
		return
	}
	for id, at := range g.silent {
		if time.Since(at) >= silentMemory {
			delete(g.silent, id)
		}
	}
	g.silent[gatewayID] = time.Now()
}

// Broadcast implements media.Gateways.
func (g *mediaGateways) Broadcast(notice []byte) error {
	if err := g.e.nc.Publish(mediaAllSubject, notice); err != nil {
		return fmt.Errorf("natsengine: tell all gateways: %w", err)
	}
	return nil
}

// A gateway's answer comes in parts that fit a NATS message. The first byte of a part tells whether
// another part follows. The first part has no data and comes within firstPartTime: a gateway whose
// machine is dead may count as listening for minutes.
const (
	maxPart       = 512 << 10
	firstPartTime = time.Second

	lastPart byte = 0
	morePart byte = 1
)

var errNoGateway = errors.New("natsengine: the gateway is gone")

// listen calls h for requests on a subject, one at a time. h must not block. It calls reply once,
// now or later, if the request wants an answer. An answer may be large.
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
				_ = m.Respond(part) // if this fails, the asking gateway times out
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

// askAt returns the answer of the gateway that listens on a subject. It waits at most first for the
// first part, and until ctx ends for the rest.
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
