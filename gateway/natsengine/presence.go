package natsengine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway/id"
	"rtmwasm/gateway/presence"
)

var _ presence.Directory = (*Engine)(nil)

// presenceSubject is the subject on which the stream of sessions republishes each change of a
// user's key.
const presenceSubject = "rtm.presence."

// leaderElected is the subject on which a cluster announces a stream's new leader, before the
// stream's name. Changes that the former leader had not republished yet are lost.
const leaderElected = "$JS.EVENT.ADVISORY.STREAM.LEADER_ELECTED."

// SetPresence implements presence.Directory. It sets a flag in the session's entry. So one key has
// all of a user's presence, and the sweep of a dead gateway removes it too.
func (e *Engine) SetPresence(ctx context.Context, user id.User, session string, state presence.State) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	for {
		err := e.setPresenceOnce(ctx, userKey(user), session, state == presence.Unreachable)
		switch {
		case isConflict(err):
			continue
		case errors.Is(err, jetstream.ErrKeyNotFound):
			return nil
		case err != nil:
			return fmt.Errorf("natsengine: set a user's presence: %w", err)
		}
		return nil
	}
}

func (e *Engine) setPresenceOnce(ctx context.Context, key, session string, away bool) error {
	entry, err := e.sessions.Get(ctx, key)
	if err != nil {
		return err
	}
	var v sessionEntry
	if err := json.Unmarshal(entry.Value(), &v); err != nil {
		return err
	}
	if v.Session != session || v.Away == away {
		return nil
	}
	v.Away = away
	value, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = e.sessions.Update(ctx, key, value, entry.Revision())
	return err
}

// LookUpPresence implements presence.Directory. One request reads the keys of all users. It first
// asks the stream's leader for its revision, because the server that answers may lag.
func (e *Engine) LookUpPresence(ctx context.Context, users []id.User) ([]presence.Event, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	keys := make([]string, len(users))
	for i, user := range users {
		keys[i] = userKey(user)
	}
	atLeast, err := e.sessionState.written(ctx)
	var found []record
	var upTo uint64
	if err == nil {
		found, upTo, err = e.sessionState.readAny(ctx, keys, atLeast)
	}
	if err != nil {
		return nil, fmt.Errorf("natsengine: look users up: %w", err)
	}
	byKey := make(map[string]record, len(found))
	for _, r := range found {
		byKey[r.key] = r
	}
	events := make([]presence.Event, len(users))
	for i, user := range users {
		r, there := byKey[keys[i]]
		if !there { // offline up to this revision
			r = record{revision: upTo, gone: true}
		}
		events[i] = presenceEvent(user, r)
	}
	return events, nil
}

// presenceEvent decodes a record of a user's session.
func presenceEvent(user id.User, r record) presence.Event {
	event := presence.Event{User: user, State: presence.Offline, Revision: r.revision}
	if r.gone {
		return event
	}
	event.State = presence.Online
	var v sessionEntry
	if json.Unmarshal(r.value, &v) == nil && v.Away {
		event.State = presence.Unreachable
	}
	return event
}

// presenceFeed implements presence.Feed with a subscription for each followed user.
type presenceFeed struct {
	e            *Engine
	changed      func(presence.Event)
	stopAdvisory func()

	mu    sync.Mutex // guards the rest
	stops map[id.User]func()
}

// FeedPresence implements presence.Directory.
func (e *Engine) FeedPresence(changed func(presence.Event), missed func()) (presence.Feed, error) {
	stop, err := e.dispatcher.subscribe(leaderElected+kvStream+sessionBucket, func(*nats.Msg) { missed() })
	if err != nil {
		return nil, fmt.Errorf("natsengine: listen for changes of presence: %w", err)
	}
	return &presenceFeed{e: e, changed: changed, stopAdvisory: stop, stops: map[id.User]func(){}}, nil
}

// Follow implements presence.Feed. The stream's leader knows of the subscription before it answers
// a later look-up: see state.written.
func (f *presenceFeed) Follow(user id.User) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stops[user] != nil {
		return nil
	}
	s := f.e.sessionState
	stop, err := f.e.dispatcher.listen(s.changes+userKey(user), func(m *nats.Msg) {
		if r, ok := s.readRecord(userKey(user), m); ok {
			f.changed(presenceEvent(user, r))
		}
	})
	if err != nil {
		return fmt.Errorf("natsengine: follow a user: %w", err)
	}
	f.stops[user] = stop
	return nil
}

// Unfollow implements presence.Feed.
func (f *presenceFeed) Unfollow(user id.User) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if stop := f.stops[user]; stop != nil {
		stop()
		delete(f.stops, user)
	}
}

// Close implements presence.Feed.
func (f *presenceFeed) Close() {
	f.stopAdvisory()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, stop := range f.stops {
		stop()
	}
	clear(f.stops)
}
