package natsengine

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// A lease is for work that only one gateway at a time may do. It is a key that its holder renews.
// It expires leaseLife after the last renewal. The key has no value: only the holder knows the
// key's revision, which each renewal needs, and nobody has to know which gateway that is.
const (
	leaseBucket = "rtm_leases"
	leaseLife   = 15 * time.Second
	leaseRenew  = leaseLife / 5
	leaseMargin = leaseLife / 3 // a holder that cannot renew the lease gives it up this long before it expires
)

// lease is a lease that this gateway holds.
type lease struct {
	bucket   jetstream.KeyValue
	name     string
	revision uint64
	renewed  time.Time
}

// acquire acquires a lease. While another gateway holds it, the error is one of isConflict.
func (e *Engine) acquire(ctx context.Context, name string) (*lease, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	bucket, err := e.js.KeyValue(ctx, leaseBucket)
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", leaseBucket, err)
	}
	l := &lease{bucket: bucket, name: name, renewed: time.Now()}
	l.revision, err = bucket.Create(ctx, name, nil)
	return l, err
}

// renew reports whether the lease is still held.
func (l *lease) renew() bool {
	// If a renewal times out, the revision is unknown, and later renewals may fail.
	ctx, cancel := context.WithTimeout(context.Background(), leaseRenew)
	defer cancel()
	began := time.Now()
	revision, err := l.bucket.Update(ctx, l.name, nil, l.revision)
	if err == nil {
		l.revision, l.renewed = revision, began
	}
	return time.Since(l.renewed) < leaseLife-leaseMargin
}

// release lets another gateway acquire the lease at once.
func (l *lease) release() {
	ctx, cancel := context.WithTimeout(context.Background(), opTimeout)
	defer cancel()
	_ = l.bucket.Delete(ctx, l.name, jetstream.LastRevision(l.revision)) // if this fails, it expires
}
