package gateway

import (
	"context"
	"slices"
	"time"

	"rtmwasm/core/wire"
)

// recall puts what a client missed in a room before what is held for it. It runs after
// holding has begun: a message may be in both, and the client knows it by its number.
func (r *rooms) recall(ctx context.Context, e *entry, since int64) error {
	if since <= 0 {
		return nil
	}
	frames, err := r.server.engine.RecentRoom(ctx, e.room.key, time.UnixMilli(since))
	if err != nil {
		return err
	}
	missed := missedBy(e.session.user.ID, frames, since)
	e.room.mu.Lock()
	defer e.room.mu.Unlock()
	e.held = slices.Concat(missed, e.held)
	return nil
}

// missedBy chooses the messages of others, the latest that fit maxRecalledBytes.
func missedBy(uid string, frames [][]byte, since int64) [][]byte {
	var missed [][]byte
	bytes := 0
	for _, frame := range slices.Backward(frames) {
		var f wire.ServerFrame
		if f.UnmarshalVT(frame) != nil || f.Delivery == nil || f.Delivery.From == uid || f.Delivery.ServerReceivedMs < since {
			continue
		}
		bytes += len(frame) + frameOverhead
		if bytes > maxRecalledBytes {
			break
		}
		missed = append(missed, frame)
	}
	slices.Reverse(missed)
	return missed
}
