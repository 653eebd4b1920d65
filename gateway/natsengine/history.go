package natsengine

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/core"
	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/retry"
)

// historyStream stores what is sent to channels, in addition to the listeners. It is on disk, for
// clients that come back after their gateway has died.
const historyStream = "RTM_HISTORY"

// A message that is not stored within captureTimeout is sent again, up to captureTries times in
// all: a cluster that lost a server needs seconds to elect another leader. Receivers detect a
// repeated message by its number.
const (
	captureTimeout = 1500 * time.Millisecond
	captureTries   = 4
	captureWait    = 250 * time.Millisecond // if it was refused at once
)

// PublishChannel implements channel.Engine. The stream's acknowledgement is the answer to a
// request. If the stream cannot store the message because a disk is full, that is not a failure:
// the listeners have it.
func (e *Engine) PublishChannel(id channel.ID, frame []byte, done func(error)) error {
	m := &nats.Msg{Subject: channelSubject + channelKey(id), Data: frame}
	if err := e.publish(m, captureTries, wasAnswered, done); err != nil {
		return fmt.Errorf("natsengine: send to a channel: %w", err)
	}
	return nil
}

// wasAnswered returns nil if a stream answered, whatever it said.
func wasAnswered(m *nats.Msg) error {
	if m == nil || isNoResponders(m) {
		return errNotStored
	}
	return nil
}

// publish sends a message to a stream up to tries times, until check accepts the answer. The answer
// is nil if none came in time.
func (e *Engine) publish(m *nats.Msg, tries int, check func(*nats.Msg) error, done func(error)) error {
	asked := time.Now()
	return e.requests.sendMsg(m, captureTimeout, func(answer *nats.Msg) {
		err := check(answer)
		if err == nil || tries == 1 {
			done(err)
			return
		}
		time.AfterFunc(max(0, retry.Jitter(2*captureWait)-time.Since(asked)), func() {
			if err := e.publish(m, tries-1, check, done); err != nil {
				done(err)
			}
		})
	})
}

// RecentFrames implements channel.Engine. Senders repeat a message until it is stored. A repeated
// one must reach the member who has just begun to listen, even if other members here had it before.
// So the deduplicator forgets.
func (e *Engine) RecentFrames(ctx context.Context, id channel.ID, since time.Time) ([][]byte, error) {
	e.recovery.forget(id)
	return e.recentFrames(ctx, id, since)
}

// recentFrames reads the history. The leader of the stream has all that was sent before. Any
// replica may answer: if it lags behind the leader, it is asked again.
func (e *Engine) recentFrames(ctx context.Context, id channel.ID, since time.Time) ([][]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	if err := e.pass(ctx, &e.fence.history); err != nil {
		return nil, fmt.Errorf("natsengine: channel history: %w", err)
	}
	subject := channelSubject + channelKey(id)
	read := historyRead{
		newest: func() (storedMessage, error) {
			ctx, cancel := context.WithTimeout(ctx, captureTimeout)
			defer cancel()
			return e.lastMessage(ctx, historyStream, subject)
		},
		messages: func() (messages []*nats.Msg, err error) {
			messages, _, err = e.batchGet(ctx, historyStream, nextOf{NextFor: subject, Batch: core.MaxMissedChannelMessages, StartTime: &since})
			return messages, err
		},
	}
	messages, err := read.since(ctx, since)
	if err != nil {
		return nil, fmt.Errorf("natsengine: channel history: %w", err)
	}
	frames := make([][]byte, len(messages))
	for i, m := range messages {
		frames[i] = m.Data
	}
	return frames, nil
}

// historyRead has the reads of one channel's history.
type historyRead struct {
	newest   func() (storedMessage, error) // from the leader
	messages func() ([]*nats.Msg, error)   // from any replica
}

// errHistoryLags means that all replicas that answered lack messages.
var errHistoryLags = errors.New("the replicas that answered lag behind")

// since reads messages until the newest is among them. If the leader does not tell which one that
// is, the first answer counts.
func (r historyRead) since(ctx context.Context, since time.Time) ([]*nats.Msg, error) {
	wait := retry.Backoff{First: 5 * time.Millisecond, Max: 500 * time.Millisecond}
	for {
		newest, unknown := r.newest()
		messages, err := r.messages()
		if err != nil || unknown != nil || newest.at.Before(since) || reaches(messages, newest.sequence) {
			return messages, err
		}
		if !wait.Wait(ctx.Done()) {
			return nil, errHistoryLags
		}
	}
}

// reaches reports whether ordered messages go up to a sequence.
func reaches(messages []*nats.Msg, sequence uint64) bool {
	if len(messages) == 0 {
		return false
	}
	last, err := strconv.ParseUint(messages[len(messages)-1].Header.Get(jetstream.SequenceHeader), 10, 64)
	return err == nil && last >= sequence
}
