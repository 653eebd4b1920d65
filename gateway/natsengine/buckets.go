package natsengine

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// opTimeout bounds one operation of sessions, members and subscriptions. It is below
// core.SilenceLimit and core.RequestTimeout: a stalled engine is answered, not waited
// out.
const opTimeout = 4 * time.Second

// markerLife is how long a removed key is remembered, for watchers.
const markerLife = time.Minute

// Buckets that are watched.
const (
	sessionBucket = "rtm_sessions"
	memberBucket  = "rtm_members"
)

// setupShared makes the buckets of sessions, members and gateways. They live in
// memory: a service that restarts has no sessions.
func (e *Engine) setupShared(ctx context.Context) (err error) {
	if e.sessions, err = e.bucket(ctx, sessionBucket, 0); err != nil {
		return err
	}
	if e.members, err = e.bucket(ctx, memberBucket, 0); err != nil {
		return err
	}
	if e.gateways, err = e.bucket(ctx, "rtm_gateways", e.opts.GatewayLife+e.opts.beat()); err != nil {
		return err
	}
	return nil
}

// bucket makes one in memory.
func (e *Engine) bucket(ctx context.Context, name string, life time.Duration) (jetstream.KeyValue, error) {
	return e.js.bucket(ctx, jetstream.KeyValueConfig{
		Bucket:         name,
		TTL:            life,
		LimitMarkerTTL: markerLife,
		Storage:        jetstream.MemoryStorage,
	})
}

// remove removes a key if its revision is still this one.
func remove(ctx context.Context, bucket jetstream.KeyValue, key string, revision uint64) error {
	err := bucket.Purge(ctx, key, jetstream.LastRevision(revision), jetstream.PurgeTTL(markerLife))
	if errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
		return nil
	}
	return err
}
