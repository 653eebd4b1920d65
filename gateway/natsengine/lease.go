package natsengine

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// A lease is for work that one gateway at a time does: a key that its holder renews, and that runs
// out leaseLife after the holder's death.
const (
	leaseBucket = "rtm_leases"
	leaseLife   = 15 * time.Second
	leaseRenew  = leaseLife / 5
	leaseMargin = leaseLife / 3 // a holder that could not renew it gives it up so long before it runs out
)

// lease is one that this gateway holds.
type lease struct {
	bucket   jetstream.KeyValue
	name     string
	revision uint64
	renewed  time.Time
}

// acquire returns jetstream.ErrKeyExists while another gateway holds the lease.
func (e *Engine) acquire(ctx context.Context, name string) (*lease, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	bucket, err := e.js.KeyValue(ctx, leaseBucket)
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", leaseBucket, err)
	}
	l := &lease{bucket: bucket, name: name, renewed: time.Now()}
	l.revision, err = bucket.Create(ctx, name, []byte(e.id))
	return l, err
}

// renew reports whether the lease is still held.
func (l *lease) renew() bool {
	ctx, cancel := context.WithTimeout(context.Background(), leaseRenew) // a renewal that is cut short leaves the revision unknown
	defer cancel()
	began := time.Now()
	revision, err := l.bucket.Update(ctx, l.name, nil, l.revision)
	if err == nil {
		l.revision, l.renewed = revision, began
	}
	return time.Since(l.renewed) < leaseLife-leaseMargin
}

// release lets another gateway have the lease at once.
func (l *lease) release() {
	ctx, cancel := context.WithTimeout(context.Background(), opTimeout)
	defer cancel()
	_ = l.bucket.Delete(ctx, l.name, jetstream.LastRevision(l.revision)) // on failure it runs out
}
