package natsengine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// streams makes streams and buckets as a cluster is to keep them.
type streams struct {
	jetstream.JetStream
	replicas int
}

// replicas is how many servers are to keep each stream.
func (o Options) replicas(nc *nats.Conn) int {
	switch {
	case o.Dir != "":
		return 1
	case o.Replicas != 0:
		return o.Replicas
	case len(nc.Servers()) >= 3:
		return 3
	}
	return 1
}

// makeTimeout bounds one request to make a stream. Of several gateways that ask for the same
// one at the same time, a cluster answers one.
const makeTimeout = 1500 * time.Millisecond

func (s streams) stream(ctx context.Context, config jetstream.StreamConfig) (stream jetstream.Stream, err error) {
	config.Replicas = s.replicas
	err = patiently(ctx, func(ctx context.Context) (err error) {
		stream, err = s.Stream(ctx, config.Name)
		if err == nil && sameStream(stream.CachedInfo().Config, config) {
			return nil
		}
		stream, err = s.CreateOrUpdateStream(ctx, config)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", config.Name, err)
	}
	return stream, nil
}

// bucket makes a bucket whose reads see all that was written before: where it has
// replicas, direct reads might be answered by one that lags behind. One that is as wanted
// is left alone: a change would allow direct reads for a moment, under those who use it.
func (s streams) bucket(ctx context.Context, config jetstream.KeyValueConfig) (kv jetstream.KeyValue, err error) {
	config.Replicas = s.replicas
	err = patiently(ctx, func(ctx context.Context) (err error) {
		stream, err := s.Stream(ctx, kvStream+config.Bucket)
		if err == nil && sameBucket(stream.CachedInfo().Config, config) {
			kv, err = s.KeyValue(ctx, config.Bucket)
			return err
		}
		kv, err = s.CreateOrUpdateKeyValue(ctx, config)
		if err == nil && s.replicas > 1 {
			kv, err = s.readLeader(ctx, config.Bucket)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", config.Bucket, err)
	}
	return kv, nil
}

// patiently asks again where no answer came.
func patiently(ctx context.Context, ask func(context.Context) error) error {
	for {
		once, cancel := context.WithTimeout(ctx, makeTimeout)
		err := ask(once)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
			return err
		}
	}
}

func sameStream(have, want jetstream.StreamConfig) bool {
	return slices.Equal(have.Subjects, want.Subjects) && have.Storage == want.Storage && have.Replicas == want.Replicas &&
		have.MaxAge == want.MaxAge && have.AllowDirect == want.AllowDirect &&
		max(0, have.MaxMsgsPerSubject) == want.MaxMsgsPerSubject // the server says -1 for none
}

func sameBucket(have jetstream.StreamConfig, want jetstream.KeyValueConfig) bool {
	return have.Storage == want.Storage && have.Replicas == want.Replicas && have.AllowDirect == (want.Replicas == 1) &&
		have.MaxAge == want.TTL && have.SubjectDeleteMarkerTTL == want.LimitMarkerTTL
}

func (s streams) readLeader(ctx context.Context, bucket string) (jetstream.KeyValue, error) {
	stream, err := s.Stream(ctx, kvStream+bucket)
	if err != nil {
		return nil, err
	}
	config := stream.CachedInfo().Config
	config.AllowDirect = false
	if _, err := s.UpdateStream(ctx, config); err != nil {
		return nil, err
	}
	return s.KeyValue(ctx, bucket)
}
