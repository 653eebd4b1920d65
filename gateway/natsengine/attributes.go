package natsengine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

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

// change writes a key again. Of writers at the same time one stands, the others start over from what
// it wrote.
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
		case errors.Is(err, jetstream.ErrKeyRevisionMismatch), errors.Is(err, jetstream.ErrKeyExists):
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

// attributesOf is the value that sessions of a lineage wrote; what another one left behind
// does not count.
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

// decodeUserAttributes is the value in an entry, nil if it is of another lineage.
func decodeUserAttributes(entry []byte, lineage string) []byte {
	var v userAttributesEntry
	if json.Unmarshal(entry, &v) != nil || v.Lineage != lineage {
		return nil
	}
	return v.Value
}

// ChangeUserAttributes implements session.Attributes. The session is looked up after the
// entry was read: a newer one, which writes later, can't be overwritten.
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

// takeAttributes gives what earlier sessions of a lineage wrote to the gateway of its present
// one: what is a dead gateway's is removed. On failure the client sets its attributes again.
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

// removeUserAttributes removes what sessions of a lineage wrote.
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

// ChangeChannelAttributes implements session.Attributes. The record's revision numbers the
// changes; a channel that has no attributes left keeps an empty record until it runs out.
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
