package natsengine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// opTimeout bounds one operation of sessions, members and subscriptions. It is below
// core.SilenceLimit and core.RequestTimeout: a stalled engine is answered, not waited
// out.
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

// openBuckets opens the buckets of chat.
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
	e.sessionState = &state{e: e, name: kvStream + sessionBucket, records: kvSubject + sessionBucket + ".", changes: presenceSubject}
	if e.embedded == nil {
		e.sessions = &leaderBucket{e.sessions, e.sessionState}
	}
	return nil
}

// remove removes a key if its revision is still this one.
func remove(ctx context.Context, bucket jetstream.KeyValue, key string, revision uint64) error {
	err := bucket.Purge(ctx, key, jetstream.LastRevision(revision), jetstream.PurgeTTL(markerLife))
	if errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
		return nil
	}
	return err
}

// exists reports whether a bucket has a key. It is exact. A list of keys is not: NATS ends it after
// as many keys as there were at its start, and a key that is written meanwhile moves behind all
// others, and can come after that end.
func exists(ctx context.Context, bucket jetstream.KeyValue, key string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	_, err := bucket.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) || errors.Is(err, jetstream.ErrInvalidKey) {
		return false, nil
	}
	return err == nil, err
}
