package natsengine

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// leaderBucket is a bucket of a cluster whose stream allows direct reads, because it is also read
// as a state. Any server may answer a direct read, and one may lag. So Get asks the leader of the
// stream, which has all that was acknowledged.
type leaderBucket struct {
	jetstream.KeyValue
	state *state
}

// Get implements jetstream.KeyValue. The entry does not tell when it was created.
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
