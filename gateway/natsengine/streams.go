package natsengine

import (
	"context"
	"fmt"

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

func (s streams) stream(ctx context.Context, config jetstream.StreamConfig) (jetstream.Stream, error) {
	config.Replicas = s.replicas
	stream, err := s.CreateOrUpdateStream(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", config.Name, err)
	}
	return stream, nil
}

// bucket makes a bucket whose reads see all that was written before: where it has
// replicas, direct reads might be answered by one that lags behind.
func (s streams) bucket(ctx context.Context, config jetstream.KeyValueConfig) (jetstream.KeyValue, error) {
	config.Replicas = s.replicas
	kv, err := s.CreateOrUpdateKeyValue(ctx, config)
	if err == nil && s.replicas > 1 {
		kv, err = s.readLeader(ctx, config.Bucket)
	}
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", config.Bucket, err)
	}
	return kv, nil
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
