package natsengine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// opTimeout limits one operation of sessions, members and subscriptions. It is shorter than
// core.SilenceLimit and core.RequestTimeout, so that clients get an answer when NATS has stalled.
const opTimeout = 4 * time.Second

// markerLife is how long a removed key is remembered, for watchers.
const markerLife = time.Minute

// Names of buckets.
const (
	sessionBucket       = "rtm_sessions"
	gatewayBucket       = "rtm_gateways"
	userAttributeBucket = "rtm_user_attributes"
	banBucket           = "rtm_bans"
)

// openBuckets opens the buckets of sessions, gateways, user attributes, bans and outboxes.
func (e *Engine) openBuckets(ctx context.Context) (err error) {
	for _, b := range []struct {
		bucket *jetstream.KeyValue
		name   string
	}{
		{&e.sessions, sessionBucket},
		{&e.gateways, gatewayBucket},
		{&e.userAttributes, userAttributeBucket},
		{&e.bans, banBucket},
		{&e.sentOnce, onceBucket},
	} {
		if *b.bucket, err = e.js.KeyValue(ctx, b.name); err != nil {
			return fmt.Errorf("bucket %s: %w", b.name, err)
		}
	}
	if e.embedded == nil {
		e.sessions = &leaderBucket{e.sessions, e.sessionState}
	}
	return nil
}

// remove removes a key if its revision is still this one.
func remove(ctx context.Context, bucket jetstream.KeyValue, key string, revision uint64) error {
	err := bucket.Purge(ctx, key, jetstream.LastRevision(revision), jetstream.PurgeTTL(markerLife))
	if isConflict(err) {
		return nil
	}
	return err
}

// exists reports whether a bucket has a key. It is exact; a list of keys is not. NATS ends a list
// after as many keys as there were at its start. A key that is written meanwhile moves behind all
// others, and may come after that end.
func exists(ctx context.Context, bucket jetstream.KeyValue, key string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	_, err := bucket.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) || errors.Is(err, jetstream.ErrInvalidKey) {
		return false, nil
	}
	return err == nil, err
}

// allEntries returns the entries of a bucket whose keys match a filter.
func allEntries(ctx context.Context, bucket jetstream.KeyValue, keys string) ([]jetstream.KeyValueEntry, error) {
	watch, err := bucket.Watch(ctx, keys, jetstream.IgnoreDeletes())
	if err != nil {
		return nil, err
	}
	defer func() { _ = watch.Stop() }() // fails only on a closed connection
	var entries []jetstream.KeyValueEntry
	for {
		select {
		case entry, ok := <-watch.Updates():
			switch {
			case !ok:
				return nil, errors.New("the watch ended")
			case entry == nil: // all entries have come
				return entries, nil
			}
			entries = append(entries, entry)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// leaderBucket is a bucket of a cluster whose stream allows direct reads, because it is also read
// as a state. Any server may answer a direct read, and that server may lag. So Get asks the leader
// of the stream, which has all acknowledged writes.
type leaderBucket struct {
	jetstream.KeyValue
	state *state
}

// Get implements jetstream.KeyValue. The entry does not have the time of its creation.
func (b *leaderBucket) Get(ctx context.Context, key string) (jetstream.KeyValueEntry, error) {
	r, err := b.state.last(ctx, key)
	switch {
	case err != nil:
		return nil, err
	case r.gone:
		return nil, jetstream.ErrKeyNotFound
	}
	return &leaderEntry{bucket: b.Bucket(), record: r}, nil
}

// leaderEntry implements jetstream.KeyValueEntry.
type leaderEntry struct {
	bucket string
	record record
}

func (e *leaderEntry) Bucket() string                  { return e.bucket }
func (e *leaderEntry) Key() string                     { return e.record.key }
func (e *leaderEntry) Value() []byte                   { return e.record.value }
func (e *leaderEntry) Revision() uint64                { return e.record.revision }
func (e *leaderEntry) Created() time.Time              { return time.Time{} }
func (e *leaderEntry) Delta() uint64                   { return 0 }
func (e *leaderEntry) Operation() jetstream.KeyValueOp { return jetstream.KeyValuePut }
