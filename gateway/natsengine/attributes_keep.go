package natsengine

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// attributeLife is how long channel attributes last that nobody writes or renews. They
// are renewed while the channel has members, when they are older than a seventh of it:
// what stays of it when the last member leaves is 5 to 7 min. (API 10.3: a few minutes)
const attributeLife = 7 * time.Minute

// keepAttributes renews the attributes of channels with members, one time in seven in
// their life. All gateways do; who comes second finds them young.
func (h *heartbeat) keepAttributes(ctx context.Context) {
	every := h.e.opts.AttributeLife / 7
	if time.Since(h.attributesKept) < every {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	if h.e.renewAttributes(ctx, time.Now().Add(-every)) == nil { // else the next heartbeat tries again
		h.attributesKept = time.Now()
	}
}

// renewAttributes writes what is older than a time once more, as it is, where the
// channel has members.
func (e *Engine) renewAttributes(ctx context.Context, before time.Time) error {
	entries, err := allEntries(ctx, e.channelAttributes, jetstream.MetaOnly())
	if err != nil {
		return err
	}
	var occupied map[string]bool // by room key; asked for when it is needed
	for _, entry := range entries {
		if entry.Created().After(before) {
			continue
		}
		if occupied == nil {
			if occupied, err = e.occupiedRooms(ctx); err != nil {
				return err
			}
		}
		if !occupied[entry.Key()] {
			continue
		}
		if err := e.renewEntry(ctx, entry); err != nil {
			return err
		}
	}
	return nil
}

// renewEntry begins an entry's life anew. A write in between has done so already.
func (e *Engine) renewEntry(ctx context.Context, old jetstream.KeyValueEntry) error {
	entry, err := e.channelAttributes.Get(ctx, old.Key())
	if err == nil && entry.Revision() == old.Revision() {
		_, err = e.channelAttributes.Update(ctx, old.Key(), entry.Value(), old.Revision())
	}
	if errors.Is(err, jetstream.ErrKeyNotFound) || errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
		return nil
	}
	return err
}

// occupiedRooms are the keys of rooms that have members.
func (e *Engine) occupiedRooms(ctx context.Context) (map[string]bool, error) {
	members, err := e.members.Keys(ctx)
	if err != nil && !errors.Is(err, jetstream.ErrNoKeysFound) {
		return nil, err
	}
	rooms := make(map[string]bool)
	for _, key := range members {
		if key == epochKey {
			continue
		}
		rooms[key[:strings.LastIndexByte(key, '.')]] = true
	}
	return rooms, nil
}
