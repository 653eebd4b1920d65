package natsengine

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// entry is a key of a bucket as it was at some time.
type entry struct {
	key      string
	value    []byte
	revision uint64
	gone     bool // deleted, purged or run out
}

func entryOf(e jetstream.KeyValueEntry) entry {
	return entry{key: e.Key(), value: e.Value(), revision: e.Revision(), gone: e.Operation() != jetstream.KeyValuePut}
}

// A watch whose server fell silent is taken up at another after two heartbeats. A bucket's
// own watch would wait for 10 s and more.
const (
	watchHeartbeat = time.Second
	watchPull      = 4 * watchHeartbeat
)

// watch calls apply for changes of a bucket, one at a time and in their order, until ctx
// ends. From the latest of each key on, apply has been called for all that there was
// when watch returns; else for what is new.
func (e *Engine) watch(ctx context.Context, bucket string, from jetstream.DeliverPolicy, apply func(entry)) error {
	opening, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	consumer, err := e.js.OrderedConsumer(opening, kvStream+bucket, jetstream.OrderedConsumerConfig{DeliverPolicy: from})
	if err != nil {
		return err
	}
	reached := make(chan struct{}) // all that there was
	left := consumer.CachedInfo().NumPending
	if left == 0 {
		close(reached)
	}
	consuming, err := consumer.Consume(func(m jetstream.Msg) {
		if n, ok := readEntry(bucket, m); ok {
			apply(n)
		}
		if left > 0 {
			if left--; left == 0 {
				close(reached)
			}
		}
	}, jetstream.PullExpiry(watchPull), jetstream.PullHeartbeat(watchHeartbeat))
	if err != nil {
		return err
	}
	select {
	case <-reached:
		context.AfterFunc(ctx, consuming.Stop)
		return nil
	case <-opening.Done():
		consuming.Stop()
		return fmt.Errorf("read bucket %s: %w", bucket, opening.Err())
	}
}

// readEntry undoes what the engine makes of a key's change: a message whose header tells
// when it is none of a value.
func readEntry(bucket string, m jetstream.Msg) (entry, bool) {
	meta, err := m.Metadata()
	key, ours := strings.CutPrefix(m.Subject(), kvSubject+bucket+".")
	if err != nil || !ours {
		return entry{}, false
	}
	gone := m.Headers().Get("KV-Operation") != "" || m.Headers().Get(jetstream.MarkerReasonHeader) != ""
	return entry{key: key, value: m.Data(), revision: meta.Sequence.Stream, gone: gone}, true
}
