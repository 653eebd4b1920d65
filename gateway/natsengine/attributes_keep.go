package natsengine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway/channel"
)

// channelAttributeStream has the attributes of channels, one record each, as a state does. It is on
// disk and outlives a restart.
const (
	channelAttributeStream  = "RTM_CHANNEL_ATTRIBUTES"
	channelAttributeSubject = "rtm.attributes."
)

func channelAttributeConfig(life time.Duration) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              channelAttributeStream,
		Subjects:          []string{channelAttributeSubject + ">"},
		Storage:           jetstream.FileStorage,
		MaxAge:            life,
		Duplicates:        duplicateWindow(life),
		MaxMsgsPerSubject: 1,
		AllowDirect:       true,
	}
}

// attributeLife is how long channel attributes last that nobody writes or renews. They
// are renewed while the channel has members, when they are older than a seventh of it:
// what stays of it when the last member leaves is 5 to 7 min. (API 10.3: a few minutes)
const attributeLife = 7 * time.Minute

// keepAttributes renews the attributes of channels with members of this gateway, one time in
// seven in their life. Which of several gateways comes second finds them young.
func (h *heartbeat) keepAttributes(ctx context.Context) {
	every := h.e.opts.AttributeLife / 7
	if time.Since(h.attributesKept) < every {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, every)
	defer cancel()
	if h.e.renewAttributes(ctx, h.e.recovery.listened(), time.Now().Add(-every)) == nil { // else the next heartbeat tries again
		h.attributesKept = time.Now()
	}
}

// renewBatch is how many channels are looked at with one request.
const renewBatch = 256

// renewAttributes writes the attributes of channels once more, as they are, where they are older
// than a time. A replica that lags shows an older revision, which is then not written.
func (e *Engine) renewAttributes(ctx context.Context, channels []channel.ID, before time.Time) error {
	for batch := range slices.Chunk(channels, renewBatch) {
		subjects := make([]string, len(batch))
		for i, id := range batch {
			subjects[i] = channelAttributeSubject + channelKey(id)
		}
		messages, _, err := e.batchGet(ctx, channelAttributeStream, lastOfEach{subjects})
		if err != nil {
			return fmt.Errorf("natsengine: read channel attributes: %w", err)
		}
		for _, m := range messages {
			key := strings.TrimPrefix(m.Header.Get(jetstream.SubjectHeader), channelAttributeSubject)
			r, ok := e.channelAttributes.readRecord(key, m)
			written, err := time.Parse(time.RFC3339Nano, m.Header.Get(jetstream.TimeStampHeaer))
			if !ok || err != nil || written.After(before) {
				continue
			}
			_, err = e.channelAttributes.put(ctx, key, r.value, jetstream.WithExpectLastSequencePerSubject(r.revision))
			if err != nil && !errors.Is(err, errOvertaken) {
				return fmt.Errorf("natsengine: renew channel attributes: %w", err)
			}
		}
	}
	return nil
}
