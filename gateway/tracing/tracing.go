// Package tracing records what requests of a gateway wait for, as spans of OpenTelemetry:
//
//	handler = tracing.Handler(tracer, route, handler)  // a span for each HTTP request
//	ctx, span := tracing.Start(ctx, "nats get")        // below it, a span for a step
//	defer func() { span.End(err) }()
//
// Start records something only where its context already has a span that is recorded. So packages
// that do the steps need no setting, and without a tracer each call costs one look into the context.
//
// Spans never have what users write, ids of users, tokens, paths or queries. Errors are told by their
// kind, because their texts may have any of these. Package otlp sends the spans to a collector.
package tracing

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Name is the instrumentation scope of all spans of a gateway.
const Name = "rtmwasm/gateway"

// Span is a step that is being done. The zero value records nothing.
type Span struct{ span trace.Span }

// Start begins a step of what the span of ctx stands for. Without such a span, or if that is not
// recorded, it returns ctx and the zero Span. name must be one of few: details are for Set.
func Start(ctx context.Context, name string) (context.Context, Span) {
	return StartNamed(ctx, "", name)
}

// StartNamed is Start for a name in two parts, which it joins only if something is recorded.
func StartNamed(ctx context.Context, prefix, name string) (context.Context, Span) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return ctx, Span{}
	}
	ctx, span := parent.TracerProvider().Tracer(Name).Start(ctx, prefix+name, trace.WithSpanKind(trace.SpanKindClient))
	return ctx, Span{span}
}

// StartRoot begins a trace of its own, for work that no request waits for. A nil tracer records nothing.
func StartRoot(ctx context.Context, tracer trace.Tracer, name string) (context.Context, Span) {
	if tracer == nil {
		return ctx, Span{}
	}
	ctx, span := tracer.Start(ctx, name, trace.WithNewRoot())
	return ctx, Span{span}
}

// Detach returns a context that has nothing of ctx but the id of its span, for work that begins with a request and goes
// on when that is over.
func Detach(ctx context.Context) context.Context {
	span := trace.SpanContextFromContext(ctx)
	if !span.IsValid() {
		return context.Background()
	}
	return trace.ContextWithSpanContext(context.Background(), span)
}

// Traceparent is the value of the header of this name that carries the span of ctx to another gateway; "" where
// nothing is recorded.
func Traceparent(ctx context.Context) string {
	if !trace.SpanFromContext(ctx).IsRecording() {
		return ""
	}
	carrier := propagation.MapCarrier{}
	w3c.Inject(ctx, carrier)
	return carrier[Header]
}

// Header is the name of the header of the W3C.
const Header = "traceparent"

// StartRemote begins what another gateway waits for, which sent traceparent by NATS. With a nil tracer, or
// an empty traceparent, it records nothing. What that gateway records is recorded here too, without a limit.
func StartRemote(tracer trace.Tracer, traceparent, name string) Span {
	if tracer == nil || traceparent == "" {
		return Span{}
	}
	ctx := context.WithValue(context.Background(), fromGateway{}, true)
	ctx = w3c.Extract(ctx, propagation.MapCarrier{Header: traceparent})
	_, span := tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindServer))
	return Span{span}
}

type fromGateway struct{}

// FromGateway reports whether the remote span of ctx is another gateway's, which is trusted. It is for
// samplers. All other remote spans are of callers by HTTP, who can be anybody.
func FromGateway(ctx context.Context) bool { return ctx.Value(fromGateway{}) != nil }

// Set adds a detail, such as the name of a bucket.
func (s Span) Set(key, value string) {
	if s.span != nil {
		s.span.SetAttributes(attribute.String(key, value))
	}
}

// SetInt is Set for a number.
func (s Span) SetInt(key string, value int) {
	if s.span != nil {
		s.span.SetAttributes(attribute.Int(key, value))
	}
}

// End ends the step. It has failed unless err is nil.
func (s Span) End(err error) {
	if s.span == nil {
		return
	}
	if err != nil {
		s.span.SetStatus(codes.Error, "")
		s.Set("error.type", kindOf(err))
	}
	s.span.End()
}

// kindOf tells of an error what is not secret.
func kindOf(err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "canceled"
	}
	return "_OTHER"
}

// Route names the span of the request that ctx belongs to after an endpoint, which its handler knows
// better than Handler does. prefix comes before the endpoint.
func Route(ctx context.Context, method, prefix, endpoint string) {
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		endpoint = prefix + endpoint
		span.SetName(knownMethod(method) + " " + endpoint)
		span.SetAttributes(attribute.String("http.route", endpoint))
	}
}
