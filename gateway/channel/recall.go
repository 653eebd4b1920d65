package channel

import (
	"bytes"
	"context"
	"slices"
	"time"

	"rtmwasm/core/wire"
)

// maxRecalledBytes is what a client that returns gets of what it missed in one channel, so that
// all of its 20 channels together stay below what a session may keep, 4 MiB.
const maxRecalledBytes = 4 << 20 / 20

// FrameOverhead is how many bytes are counted for each frame that is held, besides its own.
const FrameOverhead = 64

// recall puts what a client missed in a channel before what is held for it. It runs after
// holding has begun: what is in both is left where it was missed. A message that is recalled
// before it comes to be held does come twice, and the client knows it by its number.
func (c *channel) recall(ctx context.Context, m *Membership, since int64) error {
	if since <= 0 {
		return nil
	}
	frames, err := c.all.config.Engine.RecentFrames(ctx, c.id, time.UnixMilli(since))
	if err != nil {
		return err
	}
	missed := missedBy(m.session.UserID(), frames, since)
	c.mu.Lock()
	defer c.mu.Unlock()
	missed = append(missed, latestAttributes(frames)...)
	m.held = append(missed, without(m.held, missed)...)
	return nil
}

// without drops the frames that are among others.
func without(frames, others [][]byte) [][]byte {
	return slices.DeleteFunc(frames, func(frame []byte) bool {
		return slices.ContainsFunc(others, func(other []byte) bool { return bytes.Equal(other, frame) })
	})
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
		bytes += len(frame) + FrameOverhead
		if bytes > maxRecalledBytes {
			break
		}
		missed = append(missed, frame)
	}
	slices.Reverse(missed)
	return missed
}

// latestAttributes chooses what a channel's attributes became last, if they changed.
func latestAttributes(frames [][]byte) (latest [][]byte) {
	revision := uint64(0)
	for _, frame := range frames {
		var f wire.ServerFrame
		if f.UnmarshalVT(frame) == nil && f.Attributes != nil && f.Seq > revision {
			revision = f.Seq
			f.Seq, f.Attributes.Revision = 0, revision
			latest = [][]byte{wire.Marshal(&f)}
		}
	}
	return latest
}
