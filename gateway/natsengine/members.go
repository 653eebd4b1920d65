package natsengine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway"
)

var _ gateway.Membership = (*Engine)(nil)

// memberEntry is the value of a member's key in the members bucket.
type memberEntry struct {
	owned
	Session string `json:"session"`
	Entry   uint64 `json:"entry"`
}

// WatchMembers implements gateway.Membership: the bucket's stream is the order of
// changes.
func (e *Engine) WatchMembers(ctx context.Context, apply func(gateway.MemberEvent)) error {
	watch, err := e.members.WatchAll(ctx)
	if err != nil {
		return fmt.Errorf("natsengine: watch members: %w", err)
	}
	for {
		select {
		case entry, ok := <-watch.Updates():
			if !ok {
				return errors.New("natsengine: watch members: the connection is closed")
			}
			if entry == nil { // all that existed has been seen
				go follow(ctx, watch, func(entry jetstream.KeyValueEntry) { applyEntry(entry, apply) })
				return nil
			}
			applyEntry(entry, apply)
		case <-ctx.Done():
			stopWatch(watch)
			return ctx.Err()
		}
	}
}

// follow hands a watch's entries over until ctx ends.
func follow(ctx context.Context, watch jetstream.KeyWatcher, apply func(jetstream.KeyValueEntry)) {
	defer stopWatch(watch)
	for {
		select {
		case entry, ok := <-watch.Updates():
			if !ok {
				return
			}
			if entry != nil {
				apply(entry)
			}
		case <-ctx.Done():
			return
		}
	}
}

// stopWatch fails only when the connection is closed, and the watch with it.
func stopWatch(watch jetstream.KeyWatcher) { _ = watch.Stop() }

func applyEntry(entry jetstream.KeyValueEntry, apply func(gateway.MemberEvent)) {
	room, uid, ok := parseMemberKey(entry.Key())
	if !ok {
		return
	}
	event := gateway.MemberEvent{Member: gateway.Member{Room: room, UID: uid}}
	if entry.Operation() != jetstream.KeyValuePut {
		event.Gone = true
		apply(event)
		return
	}
	var v memberEntry
	if json.Unmarshal(entry.Value(), &v) == nil {
		event.Session, event.Gateway, event.Entry = v.Session, v.Gateway, v.Entry
		apply(event)
	}
}

// Enter implements gateway.Membership.
func (e *Engine) Enter(ctx context.Context, m gateway.Member) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	value, err := json.Marshal(memberEntry{owned: owned{m.Gateway}, Session: m.Session, Entry: m.Entry})
	if err == nil {
		_, err = e.members.Put(ctx, memberKey(m.Room, m.UID), value)
	}
	if err != nil {
		return fmt.Errorf("natsengine: enter a channel: %w", err)
	}
	return nil
}

// Exit implements gateway.Membership.
func (e *Engine) Exit(ctx context.Context, m gateway.Member) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	key := memberKey(m.Room, m.UID)
	entry, err := e.members.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil
	}
	var v memberEntry
	if err == nil {
		err = json.Unmarshal(entry.Value(), &v)
	}
	if err == nil && v.Session == m.Session && v.Entry == m.Entry {
		err = remove(ctx, e.members, key, entry.Revision())
	}
	if err != nil {
		return fmt.Errorf("natsengine: exit a channel: %w", err)
	}
	return nil
}
