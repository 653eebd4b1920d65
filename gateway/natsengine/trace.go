package natsengine

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway/tracing"
)

// Each call of NATS that a traced request waits for has a span: calls of buckets and streams by the
// types below, and requests that the engine makes itself. Spans have the name of the stream or
// bucket, never a key or subject, because these contain user ids.

// startNATS begins the span of a call to a bucket or stream.
func startNATS(ctx context.Context, call, where string) (context.Context, tracing.Span) {
	ctx, span := tracing.Start(ctx, call)
	span.Set("messaging.system", "nats")
	span.Set("messaging.destination.name", where)
	return ctx, span
}

// endNATS ends it. A missing key and a conflict are answers, not errors. An invalid key counts as
// missing.
func endNATS(span tracing.Span, err error) {
	for _, missing := range []error{jetstream.ErrKeyNotFound, jetstream.ErrInvalidKey, jetstream.ErrMsgNotFound} {
		if errors.Is(err, missing) {
			err = nil
		}
	}
	if isConflict(err) {
		err = nil
	}
	span.End(err)
}

// toGateway is a question to another gateway, which continues the trace of ctx. Messages of users
// carry no trace: they may be sent again, and the sender's span lasts until the receipt.
func toGateway(ctx context.Context, subject string, data []byte) *nats.Msg {
	m := &nats.Msg{Subject: subject, Data: data}
	if traceparent := tracing.Traceparent(ctx); traceparent != "" {
		m.Header = nats.Header{tracing.Header: {traceparent}}
	}
	return m
}

// answerFor begins the span of the answer to such a question.
func (e *Engine) answerFor(m *nats.Msg, what string) tracing.Span {
	if m.Header == nil {
		return tracing.Span{}
	}
	return tracing.StartRemote(e.opts.Tracer, m.Header.Get(tracing.Header), "answer gateway "+what)
}

// KeyValue implements jetstream.JetStream.
func (s streams) KeyValue(ctx context.Context, bucket string) (jetstream.KeyValue, error) {
	kv, err := s.JetStream.KeyValue(ctx, bucket)
	if err != nil {
		return nil, err
	}
	return tracedBucket{kv}, nil
}

// Stream implements jetstream.JetStream.
func (s streams) Stream(ctx context.Context, name string) (_ jetstream.Stream, err error) {
	ctx, span := startNATS(ctx, "nats stream_info", name)
	defer func() { endNATS(span, err) }()
	stream, err := s.JetStream.Stream(ctx, name)
	if err != nil {
		return nil, err
	}
	return tracedStream{stream, name}, nil
}

// Publish implements jetstream.JetStream.
func (s streams) Publish(ctx context.Context, subject string, payload []byte, opts ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	return s.PublishMsg(ctx, &nats.Msg{Subject: subject, Data: payload}, opts...)
}

// PublishMsg implements jetstream.JetStream.
func (s streams) PublishMsg(ctx context.Context, m *nats.Msg, opts ...jetstream.PublishOpt) (_ *jetstream.PubAck, err error) {
	ctx, span := tracing.Start(ctx, "nats publish")
	defer func() { endNATS(span, err) }()
	ack, err := s.JetStream.PublishMsg(ctx, m, opts...)
	if ack != nil {
		span.Set("messaging.destination.name", ack.Stream)
	}
	return ack, err
}

// tracedBucket adds a span to each call that requests wait for.
type tracedBucket struct{ jetstream.KeyValue }

// Get implements jetstream.KeyValue, as do the methods that follow.
func (b tracedBucket) Get(ctx context.Context, key string) (_ jetstream.KeyValueEntry, err error) {
	ctx, span := startNATS(ctx, "nats kv_get", b.Bucket())
	defer func() { endNATS(span, err) }()
	return b.KeyValue.Get(ctx, key)
}

func (b tracedBucket) Put(ctx context.Context, key string, value []byte) (_ uint64, err error) {
	ctx, span := startNATS(ctx, "nats kv_put", b.Bucket())
	defer func() { endNATS(span, err) }()
	return b.KeyValue.Put(ctx, key, value)
}

func (b tracedBucket) Create(ctx context.Context, key string, value []byte, opts ...jetstream.KVCreateOpt) (_ uint64, err error) {
	ctx, span := startNATS(ctx, "nats kv_create", b.Bucket())
	defer func() { endNATS(span, err) }()
	return b.KeyValue.Create(ctx, key, value, opts...)
}

func (b tracedBucket) Update(ctx context.Context, key string, value []byte, revision uint64) (_ uint64, err error) {
	ctx, span := startNATS(ctx, "nats kv_update", b.Bucket())
	defer func() { endNATS(span, err) }()
	return b.KeyValue.Update(ctx, key, value, revision)
}

func (b tracedBucket) Purge(ctx context.Context, key string, opts ...jetstream.KVDeleteOpt) (err error) {
	ctx, span := startNATS(ctx, "nats kv_purge", b.Bucket())
	defer func() { endNATS(span, err) }()
	return b.KeyValue.Purge(ctx, key, opts...)
}

// tracedStream does the same for a stream.
type tracedStream struct {
	jetstream.Stream
	name string
}

// GetMsg implements jetstream.Stream, as do the methods that follow.
func (s tracedStream) GetMsg(ctx context.Context, seq uint64, opts ...jetstream.GetMsgOpt) (_ *jetstream.RawStreamMsg, err error) {
	ctx, span := startNATS(ctx, "nats get_message", s.name)
	defer func() { endNATS(span, err) }()
	return s.Stream.GetMsg(ctx, seq, opts...)
}

func (s tracedStream) DeleteMsg(ctx context.Context, seq uint64) (err error) {
	ctx, span := startNATS(ctx, "nats delete_message", s.name)
	defer func() { endNATS(span, err) }()
	return s.Stream.DeleteMsg(ctx, seq)
}

func (s tracedStream) Purge(ctx context.Context, opts ...jetstream.StreamPurgeOpt) (err error) {
	ctx, span := startNATS(ctx, "nats purge", s.name)
	defer func() { endNATS(span, err) }()
	return s.Stream.Purge(ctx, opts...)
}

func (s tracedStream) Info(ctx context.Context, opts ...jetstream.StreamInfoOpt) (_ *jetstream.StreamInfo, err error) {
	ctx, span := startNATS(ctx, "nats stream_info", s.name)
	defer func() { endNATS(span, err) }()
	return s.Stream.Info(ctx, opts...)
}
