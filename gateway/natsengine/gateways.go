package natsengine

import (
	"context"
	"fmt"
	"strings"
)

// registeredKey comes before a gateway's id in the key of a record in the state of members. The
// record means that this gateway may have members. When the gateway has died, another one purges
// its members and then removes the record. All gateways receive that removal, in order with the
// changes of members.
const registeredKey = "gateway."

// register writes the record that a gateway may have members.
func (e *Engine) register(ctx context.Context, gatewayID string) error {
	_, err := e.members.put(ctx, registeredKey+gatewayID, []byte("1"))
	return err
}

// FollowGateways implements channel.Engine.
func (e *Engine) FollowGateways(gone func(gateway string, upTo uint64)) (stop func(), err error) {
	stop, err = e.members.follow(registeredKey+"*", func(r record) {
		if r.gone {
			gone(strings.TrimPrefix(r.key, registeredKey), r.revision)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("natsengine: follow the gateways: %w", err)
	}
	return stop, nil
}

// deadGateways returns the records of registered gateways that are not alive, without this
// gateway's own.
func (e *Engine) deadGateways(ctx context.Context, own string) (dead []record, err error) {
	registered, _, err := e.members.read(ctx, registeredKey+"*", e.members.acked.Load())
	if err != nil {
		return nil, err
	}
	for _, r := range registered {
		id := strings.TrimPrefix(r.key, registeredKey)
		if id == own {
			continue
		}
		// A list of keys is not exact: see exists.
		alive, err := exists(ctx, e.gateways, id)
		if err != nil {
			return nil, err
		}
		if !alive {
			dead = append(dead, r)
		}
	}
	return dead, nil
}

// purgeMembers removes the members of a dead gateway, and lets all gateways know.
func (e *Engine) purgeMembers(ctx context.Context, registered record) error {
	id := strings.TrimPrefix(registered.key, registeredKey)
	upTo, err := e.members.nextRevision(ctx)
	if err == nil {
		err = e.tellPurged(ctx, id)
	}
	if err == nil {
		err = e.members.purge(ctx, id+".>", upTo)
	}
	if err == nil {
		err = e.members.remove(ctx, registered.key, registered.revision)
	}
	return err
}
