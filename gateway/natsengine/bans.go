package natsengine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway/id"
	"rtmwasm/gateway/session"
)

var _ session.Bans = (*Engine)(nil)

// banEntry is the value of a user's key in the bucket of bans. The key expires when the ban ends.
type banEntry struct {
	Until  int64  `json:"until"` // seconds since 1970
	Made   int64  `json:"made"`
	Reason string `json:"reason,omitempty"`
}

// readBan decodes an entry. A removed entry is a ban with a zero Until.
func readBan(entry jetstream.KeyValueEntry) (b session.Ban, ok bool) {
	if b.User, ok = parseUserKey(entry.Key()); !ok || entry.Operation() != jetstream.KeyValuePut {
		return b, ok
	}
	var v banEntry
	if json.Unmarshal(entry.Value(), &v) != nil {
		return b, false
	}
	b.Until, b.Made, b.Reason = time.Unix(v.Until, 0).UTC(), time.Unix(v.Made, 0).UTC(), v.Reason
	return b, true
}

// Ban bans a user, and replaces an existing ban. Gateways end the user's session within moments.
func (e *Engine) Ban(ctx context.Context, b session.Ban) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	value, err := json.Marshal(banEntry{Until: b.Until.Unix(), Made: b.Made.Unix(), Reason: b.Reason})
	if err == nil {
		life := max(time.Until(b.Until), time.Second)
		_, err = e.js.Publish(ctx, kvSubject+banBucket+"."+userKey(b.User), value, jetstream.WithMsgTTL(life.Round(time.Second)))
	}
	if err != nil {
		return fmt.Errorf("natsengine: ban a user: %w", err)
	}
	return nil
}

// FindBan returns the ban of a user; ok is false if there is none.
func (e *Engine) FindBan(ctx context.Context, user id.User) (b session.Ban, ok bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	entry, err := e.bans.Get(ctx, userKey(user))
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return b, false, nil
	case err != nil:
		return b, false, fmt.Errorf("natsengine: look a ban up: %w", err)
	}
	b, ok = readBan(entry)
	return b, ok && time.Now().Before(b.Until), nil
}

// Unban lifts the ban of a user. It is no error if there is none.
func (e *Engine) Unban(ctx context.Context, user id.User) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	if err := e.bans.Purge(ctx, userKey(user), jetstream.PurgeTTL(markerLife)); err != nil {
		return fmt.Errorf("natsengine: lift a ban: %w", err)
	}
	return nil
}

// Bans returns at most the given number of bans of an app, ordered by user id, with ids greater
// than after.
func (e *Engine) Bans(ctx context.Context, app, after string, most int) (page []session.Ban, more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	entries, err := allEntries(ctx, e.bans, app+".*")
	if err != nil {
		return nil, false, fmt.Errorf("natsengine: read the bans: %w", err)
	}
	var all []session.Ban
	for _, entry := range entries {
		if b, ok := readBan(entry); ok && b.User.ID > after && time.Now().Before(b.Until) {
			all = append(all, b)
		}
	}
	slices.SortFunc(all, func(a, b session.Ban) int { return cmp.Compare(a.User.ID, b.User.ID) })
	return all[:min(most, len(all))], len(all) > most, nil
}

// FollowBans implements session.Bans. It calls changed for all present bans before it returns.
func (e *Engine) FollowBans(ctx context.Context, changed func(session.Ban)) (stop func(), err error) {
	watching, end := context.WithCancel(context.WithoutCancel(ctx))
	watcher, err := e.bans.WatchAll(watching)
	if err != nil {
		end()
		return nil, fmt.Errorf("natsengine: watch the bans: %w", err)
	}
	stop = func() {
		_ = watcher.Stop() // fails only on a closed connection
		end()
	}
	late := time.NewTimer(opTimeout)
	defer late.Stop()
	for {
		select {
		case entry, open := <-watcher.Updates():
			switch {
			case !open:
				err = errors.New("the watch ended")
			case entry != nil:
				tellBan(entry, changed)
				continue
			}
		case <-ctx.Done():
			err = ctx.Err()
		case <-late.C:
			err = context.DeadlineExceeded
		}
		break
	}
	if err != nil {
		stop()
		return nil, fmt.Errorf("natsengine: read the bans: %w", err)
	}
	go func() {
		for entry := range watcher.Updates() { // ends with stop
			if entry != nil {
				tellBan(entry, changed)
			}
		}
	}()
	return stop, nil
}

func tellBan(entry jetstream.KeyValueEntry, tell func(session.Ban)) {
	if b, ok := readBan(entry); ok {
		tell(b)
	}
}
