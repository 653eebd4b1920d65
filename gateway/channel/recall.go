package channel

import (
	"bytes"
	"context"
	"slices"
	"time"

	"rtmwasm/core/wire"
)

// maxRecalledBytes is how much of what it missed in one channel a returning client gets. Its 20
// channels together stay below 4 MiB, which is what a session may hold.
const maxRecalledBytes = 4 << 20 / 20

// FrameOverhead is how many bytes each held frame counts in addition to its own.
const FrameOverhead = 64

// recall puts the messages that a client missed in front of the frames held for it. Frames that are
// in both are kept among the missed ones. A message that is first read from the history and held
// later comes twice, and the client drops it by its number.
func (c *channel) recall(ctx context.Context, m *Membership, since int64) error {
	if since <= 0 {
		return nil
	}
	frames, err := c.channels.config.Engine.RecentFrames(ctx, c.id, time.UnixMilli(since))
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

// without returns frames except those in others.
func without(frames, others [][]byte) [][]byte {
	return slices.DeleteFunc(frames, func(frame []byte) bool {
		return slices.ContainsFunc(others, func(other []byte) bool { return bytes.Equal(other, frame) })
	})
}

// missedBy returns the latest messages of other users that fit maxRecalledBytes.
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

// latestAttributes returns a channel's latest attributes, if they changed.
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
