package natsengine

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/core"
	"rtmwasm/gateway"
)

// historyStream captures what is sent to channels, beside those who listen. It is on disk:
// it is for those who come back after a gateway that died.
const historyStream = "RTM_HISTORY"

// historyTimeout is how long a message waits to be captured before its sender is
// answered without.
const historyTimeout = 2 * time.Second

func (e *Engine) setupHistory(ctx context.Context) error {
	_, err := e.js.stream(ctx, jetstream.StreamConfig{
		Name:              historyStream,
		Subjects:          []string{roomSubject + ">"},
		Storage:           jetstream.FileStorage,
		MaxAge:            core.SessionTimeout,
		MaxMsgsPerSubject: core.MaxMissedChannelMessages,
		AllowDirect:       true,
	})
	return err
}

// PublishRoom implements gateway.Bus. The stream acknowledges what it captured, as a
// subject's listener would answer.
func (e *Engine) PublishRoom(room gateway.Room, frame []byte, done func()) error {
	err := e.asker.ask(roomSubject+roomKey(room), frame, historyTimeout, func(m *nats.Msg) {
		if m == nil {
			e.opts.Logger.Warn("a channel message was not kept for members who are away", "app", room.App)
		}
		done()
	})
	if err != nil {
		return fmt.Errorf("natsengine: send to a channel: %w", err)
	}
	return nil
}

// batchGet is a request for several messages of a stream at once (NATS ADR-31).
type batchGet struct {
	NextFor   string    `json:"next_by_subj"`
	Batch     int       `json:"batch"`
	StartTime time.Time `json:"start_time"`
}

// RecentRoom implements gateway.Bus. Any replica may answer; one that lags does so by
// less than a client needs to come back.
func (e *Engine) RecentRoom(ctx context.Context, room gateway.Room, since time.Time) ([][]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	request, err := json.Marshal(batchGet{
		NextFor:   roomSubject + roomKey(room),
		Batch:     core.MaxMissedChannelMessages,
		StartTime: since,
	})
	if err != nil {
		return nil, fmt.Errorf("natsengine: channel history: %w", err)
	}
	frames, err := e.directGet(ctx, historyStream, request)
	if err != nil {
		return nil, fmt.Errorf("natsengine: channel history: %w", err)
	}
	return frames, nil
}

// directGet returns the messages up to the one that ends a batch: it has a status and
// no data.
func (e *Engine) directGet(ctx context.Context, stream string, request []byte) ([][]byte, error) {
	sub, err := e.nc.SubscribeSync(e.nc.NewInbox())
	if err != nil {
		return nil, err
	}
	defer func() { _ = sub.Unsubscribe() }() // fails only on a closed connection
	if err := e.nc.PublishRequest("$JS.API.DIRECT.GET."+stream, sub.Subject, request); err != nil {
		return nil, err
	}
	var all [][]byte
	for {
		m, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return nil, err
		}
		switch status := m.Header.Get("Status"); status {
		case "":
			all = append(all, m.Data)
		case statusEnd, statusNone:
			return all, nil
		default:
			return nil, fmt.Errorf("status %s %s", strconv.Quote(status), m.Header.Get("Description"))
		}
	}
}

// Statuses that end a batch.
const (
	statusEnd  = "204"
	statusNone = "404"
)
