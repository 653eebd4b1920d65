package natsengine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway"
	"rtmwasm/gateway/retry"
)

var _ gateway.Membership = (*Engine)(nil)

// memberEntry is the value of a member's key in the members bucket.
type memberEntry struct {
	owned
	Session string `json:"session"`
	Line    string `json:"line"`
	Entry   uint64 `json:"entry"`
}

// WatchMembers implements gateway.Membership: the bucket's stream is the order of
// changes.
func (e *Engine) WatchMembers(ctx context.Context, apply func(gateway.MemberEvent)) error {
	err := e.watch(ctx, memberBucket, jetstream.DeliverLastPerSubjectPolicy, func(n entry) {
		if event, ok := memberEvent(n); ok {
			apply(event)
		}
	})
	if err != nil {
		return fmt.Errorf("natsengine: watch members: %w", err)
	}
	return nil
}

// PresentMembers implements gateway.Membership. The list is read from any replica, so it is
// read again until it has what was just written. NATS ends the list after as many keys as
// there were at its start. A key that is written meanwhile moves behind all others, and can come
// after that end.
func (e *Engine) PresentMembers(ctx context.Context) (present func(gateway.Room, string) bool, upTo uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	keys, upTo, err := e.memberKeys(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("natsengine: list members: %w", err)
	}
	return func(room gateway.Room, uid string) bool { return keys[memberKey(room, uid)] }, upTo, nil
}

// IsMember implements gateway.Membership.
func (e *Engine) IsMember(ctx context.Context, room gateway.Room, uid string) (bool, error) {
	there, err := exists(ctx, e.members, memberKey(room, uid))
	if err != nil {
		return false, fmt.Errorf("natsengine: look a member up: %w", err)
	}
	return there, nil
}

// listTimeout bounds the listing of all members, which may be very many.
const listTimeout = time.Minute

func (e *Engine) memberKeys(ctx context.Context) (keys map[string]bool, upTo uint64, err error) {
	if upTo, err = touchEpoch(ctx, e.members); err != nil {
		return nil, 0, err
	}
	wait := retry.Backoff{First: firstLook, Most: time.Second}
	for {
		entries, err := allEntries(ctx, e.members, jetstream.MetaOnly())
		if err != nil {
			return nil, 0, err
		}
		keys, complete := make(map[string]bool, len(entries)), false
		for _, entry := range entries {
			keys[entry.Key()] = true
			complete = complete || entry.Key() == epochKey && entry.Revision() >= upTo
		}
		if complete {
			return keys, upTo, nil
		}
		if !wait.Wait(ctx.Done()) {
			return nil, 0, ctx.Err()
		}
	}
}

func memberEvent(n entry) (event gateway.MemberEvent, ok bool) {
	event.Room, event.UID, ok = parseMemberKey(n.key)
	event.Gone, event.Revision = n.gone, n.revision
	if !ok || n.gone {
		return event, ok
	}
	var v memberEntry
	if json.Unmarshal(n.value, &v) != nil {
		return event, false
	}
	event.Session, event.Line, event.Gateway, event.Entry = v.Session, cmp.Or(v.Line, v.Session), v.Gateway, v.Entry
	return event, true
}

// Enter implements gateway.Membership.
func (e *Engine) Enter(ctx context.Context, m gateway.Member) (revision uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	value, err := json.Marshal(memberEntry{owned: owned{m.Gateway}, Session: m.Session, Line: m.Line, Entry: m.Entry})
	if err == nil {
		revision, err = e.members.Put(ctx, memberKey(m.Room, m.UID), value)
	}
	if err != nil {
		return 0, fmt.Errorf("natsengine: enter a channel: %w", err)
	}
	return revision, nil
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
	if err == nil && v.Session == m.Session && v.Gateway == m.Gateway && v.Entry == m.Entry {
		err = remove(ctx, e.members, key, entry.Revision())
	}
	if err != nil {
		return fmt.Errorf("natsengine: exit a channel: %w", err)
	}
	return nil
}
