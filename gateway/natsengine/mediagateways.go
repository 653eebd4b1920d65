package natsengine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"rtmwasm/gateway/media"
	"rtmwasm/gateway/retry"
)

const (
	mediaGateSubject = "rtm.mediagateway." // questions for one gateway
	mediaAllSubject  = "rtm.mediagateways" // news for all

	// goneTime is for how long nothing must be heard of a gateway before it counts as gone: one
	// whose NATS server has died takes less to reach another server.
	goneTime = 1500 * time.Millisecond

	// silentTime is how long nothing need be heard of a gateway that was just not heard for
	// firstPartTime: the next request need not wait as long. It is more than the time in which that
	// gateway may finish an upload without looking whether it still has it.
	silentTime = 400 * time.Millisecond

	// silentMemory is for how long such a gateway is known.
	silentMemory = 10 * time.Second
)

// mediaGateways implements media.Gateways.
type mediaGateways struct {
	e *Engine

	mu     sync.Mutex
	silent map[string]time.Time // gateways that were not heard, and when
}

var _ media.Gateways = (*mediaGateways)(nil)

// MediaGateways returns how this gateway and others on the same NATS ask each other about
// uploads.
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

// Ask implements media.Gateways. A gateway that may be well, and is only not heard in time, counts as
// gone: a client waits for the answer, and the store lets nobody change an upload who has lost it.
func (g *mediaGateways) Ask(ctx context.Context, gatewayID string, question []byte) ([]byte, error) {
	wait := retry.Backoff{First: 50 * time.Millisecond, Most: 250 * time.Millisecond}
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

// note notes whether a gateway was silent, and forgets those that were long ago.
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

// TellAll implements media.Gateways.
func (g *mediaGateways) TellAll(news []byte) error {
	if err := g.e.nc.Publish(mediaAllSubject, news); err != nil {
		return fmt.Errorf("natsengine: tell all gateways: %w", err)
	}
	return nil
}
