package natsengine

import (
	"context"
	"errors"
	"fmt"
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
)

// mediaGateways implements media.Gateways.
type mediaGateways struct{ e *Engine }

var _ media.Gateways = mediaGateways{}

// MediaGateways returns how this gateway and others on the same NATS ask each other about
// uploads.
func (e *Engine) MediaGateways() media.Gateways { return mediaGateways{e} }

// Listen implements media.Gateways.
func (g mediaGateways) Listen(gatewayID string, h func(question []byte, answer func([]byte))) error {
	for _, subject := range []string{mediaGateSubject + gatewayID, mediaAllSubject} {
		if _, err := g.e.listen(subject, h); err != nil {
			return err
		}
	}
	return nil
}

// Ask implements media.Gateways. A gateway that may be well, and is only not heard in time, counts as
// gone: a client waits for the answer, and the store lets nobody change an upload who has lost it.
func (g mediaGateways) Ask(ctx context.Context, gatewayID string, question []byte) ([]byte, error) {
	wait := retry.Backoff{First: 50 * time.Millisecond, Most: 250 * time.Millisecond}
	asked := time.Now()
	for {
		answer, err := g.e.askAt(ctx, mediaGateSubject+gatewayID, question)
		switch {
		case !errors.Is(err, errNoGateway):
			return answer, err
		case time.Since(asked) > goneTime:
			return nil, media.ErrGatewayGone
		}
		if !wait.Wait(ctx.Done()) {
			return nil, fmt.Errorf("natsengine: ask gateway %s about an upload: %w", gatewayID, ctx.Err())
		}
	}
}

// TellAll implements media.Gateways.
func (g mediaGateways) TellAll(news []byte) error {
	if err := g.e.nc.Publish(mediaAllSubject, news); err != nil {
		return fmt.Errorf("natsengine: tell all gateways: %w", err)
	}
	return nil
}
