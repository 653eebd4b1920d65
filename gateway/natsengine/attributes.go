package natsengine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/session"
)

var _ session.Attributes = (*Engine)(nil)

// userAttributesEntry is the value of a user's key in the user attributes bucket.
type userAttributesEntry struct {
	owned
	Lineage string `json:"session"`
	Value   []byte `json:"value"`
}

// change replaces the value of a key with what f returns. If another writer was faster, it starts
// again from that writer's value.
func change(ctx context.Context, bucket jetstream.KeyValue, key string, f func(former []byte) ([]byte, error)) error {
	for {
		var former []byte
		entry, err := bucket.Get(ctx, key)
		switch {
		case err == nil:
			former = entry.Value()
		case !errors.Is(err, jetstream.ErrKeyNotFound):
			return fmt.Errorf("natsengine: read attributes: %w", err)
		}
		value, err := f(former)
		if err != nil {
			return err
		}
		if entry == nil {
			_, err = bucket.Create(ctx, key, value)
		} else {
			_, err = bucket.Update(ctx, key, value, entry.Revision())
		}
		switch {
		case isConflict(err):
		case err != nil:
			return fmt.Errorf("natsengine: write attributes: %w", err)
		default:
			return nil
		}
	}
}

// UserAttributes implements session.Attributes.
func (e *Engine) UserAttributes(ctx context.Context, user id.User) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	key := userKey(user)
	record, _, err := e.session(ctx, key)
	if errors.Is(err, session.ErrNoSession) {
		return nil, err
	}
	var value []byte
	if err == nil {
		value, _, err = e.attributesOf(ctx, key, record.LineageID)
	}
	if err != nil {
		return nil, fmt.Errorf("natsengine: read user attributes: %w", err)
	}
	return value, nil
}

// attributesOf returns the value that sessions of a lineage wrote. A value of another lineage does
// not count.
func (e *Engine) attributesOf(ctx context.Context, key, lineage string) (value []byte, revision uint64, err error) {
	entry, err := e.userAttributes.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	v := decodeUserAttributes(entry.Value(), lineage)
	return v, entry.Revision(), nil
}

// decodeUserAttributes returns the value in an entry, nil if it is of another lineage.
func decodeUserAttributes(entry []byte, lineage string) []byte {
	var v userAttributesEntry
	if json.Unmarshal(entry, &v) != nil || v.Lineage != lineage {
		return nil
	}
	return v.Value
}

// ChangeUserAttributes implements session.Attributes. It looks the session up after it has read the
// entry: so it cannot overwrite what a newer session writes later.
func (e *Engine) ChangeUserAttributes(ctx context.Context, user id.User, record session.Record, f func([]byte) ([]byte, error)) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	key := userKey(user)
	return change(ctx, e.userAttributes, key, func(former []byte) ([]byte, error) {
		current, _, err := e.session(ctx, key)
		if err == nil && current.Session != record.Session {
			err = session.ErrNoSession
		}
		if err != nil {
			return nil, err
		}
		value, err := f(decodeUserAttributes(former, record.LineageID))
		if err != nil {
			return nil, err
		}
		return encodeUserAttributes(record, append([]byte{}, value...))
	})
}

// takeAttributes assigns attributes of earlier sessions of a lineage to the gateway of its present
// session. Otherwise they would be removed when the former gateway dies. If it fails, the client
// sets its attributes again.
func (e *Engine) takeAttributes(ctx context.Context, key string, record session.Record) {
	value, revision, err := e.attributesOf(ctx, key, record.LineageID)
	if err == nil && value != nil {
		var entry []byte
		if entry, err = encodeUserAttributes(record, value); err == nil {
			_, err = e.userAttributes.Update(ctx, key, entry, revision)
		}
	}
	if err != nil {
		e.opts.Logger.Warn("cannot move a user's attributes to the new session: the client sets them again", "error", err)
	}
}

func encodeUserAttributes(record session.Record, value []byte) ([]byte, error) {
	return json.Marshal(userAttributesEntry{owned: owned{record.Gateway}, Lineage: record.LineageID, Value: value})
}

// removeUserAttributes removes the attributes that sessions of a lineage wrote.
func (e *Engine) removeUserAttributes(ctx context.Context, key, lineage string) error {
	value, revision, err := e.attributesOf(ctx, key, lineage)
	if err != nil || value == nil {
		return err
	}
	return remove(ctx, e.userAttributes, key, revision)
}

// ChannelAttributes implements session.Attributes.
func (e *Engine) ChannelAttributes(ctx context.Context, id channel.ID) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	r, err := e.channelAttributes.last(ctx, channelKey(id))
	if err != nil {
		return nil, fmt.Errorf("natsengine: read channel attributes: %w", err)
	}
	return r.value, nil
}

// ChangeChannelAttributes implements session.Attributes. The record's revision numbers the changes.
// A channel whose attributes were all deleted keeps an empty record until it expires.
func (e *Engine) ChangeChannelAttributes(ctx context.Context, id channel.ID, f func([]byte) ([]byte, error)) (revision uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	for {
		former, err := e.channelAttributes.last(ctx, channelKey(id))
		if err != nil {
			return 0, fmt.Errorf("natsengine: read attributes: %w", err)
		}
		value, err := f(former.value)
		if err != nil {
			return 0, err
		}
		revision, err = e.channelAttributes.put(ctx, former.key, value, jetstream.WithExpectLastSequencePerSubject(former.revision))
		if err == nil {
			return revision, nil
		}
		if !errors.Is(err, errOvertaken) {
			return 0, fmt.Errorf("natsengine: write attributes: %w", err)
		}
	}
}

// channelAttributeStream is a state that has one record with the attributes of each channel. It is
// on disk and survives a restart.
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

// attributeLife is how long channel attributes exist after they were written or renewed. While a
// channel has members, gateways renew attributes that are older than a seventh of it. So they exist
// for another 5 to 7 min after the last member has left. (API 10.3: a few minutes)
const attributeLife = 7 * time.Minute

// keepAttributes renews the attributes of channels that have members here, every seventh of their
// life. It skips those that another gateway has renewed meanwhile.
func (h *heartbeat) keepAttributes(ctx context.Context) {
	every := h.e.opts.AttributeLife / 7
	if time.Since(h.attributesKept) < every {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, every)
	defer cancel()
	if h.e.renewAttributes(ctx, h.e.recovery.listened(), time.Now().Add(-every)) == nil { // if it fails, the next heartbeat tries again
		h.attributesKept = time.Now()
	}
}

// renewBatch is how many channels one request reads.
const renewBatch = 256

// renewAttributes writes channel attributes again, unchanged, if they are older than a time. A
// replica that lags returns an older revision, and then the write fails and is skipped.
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
			r, unreadable := e.channelAttributes.readStored(m)
			written, err := time.Parse(time.RFC3339Nano, m.Header.Get(jetstream.TimeStampHeaer))
			if unreadable != nil || err != nil || written.After(before) {
				continue
			}
			_, err = e.channelAttributes.put(ctx, r.key, r.value, jetstream.WithExpectLastSequencePerSubject(r.revision))
			if err != nil && !errors.Is(err, errOvertaken) {
				return fmt.Errorf("natsengine: renew channel attributes: %w", err)
			}
		}
	}
	return nil
}
