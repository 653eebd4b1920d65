// Package tracing records the steps of requests to a gateway as spans of OpenTelemetry:
//
//	handler = tracing.Handler(tracer, route, handler)  // a span for each HTTP request
//	ctx, span := tracing.Start(ctx, "nats get")        // below it, a span for a step
//	defer func() { span.End(err) }()
//
// Start only records a span if its context has one that is recorded. So packages that do the steps
// need no setting, and without a tracer each call only costs a lookup in the context.
//
// Spans never contain content of users, user ids, tokens, paths or queries. Errors are recorded by
// their type, because their texts may have such parts. Package otlp sends the spans to a collector.
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

// Span is a running step. The zero value records nothing.
type Span struct{ span trace.Span }

// Start begins a step of the span of ctx. If ctx has no span, or one that is not recorded, it
// returns ctx and the zero Span. name must be one of a few; details belong to Set.
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

// Detach returns a context that only has the id of ctx's span. It is for work that begins in a request and continues
// after the request has ended.
func Detach(ctx context.Context) context.Context {
	span := trace.SpanContextFromContext(ctx)
	if !span.IsValid() {
		return context.Background()
	}
	return trace.ContextWithSpanContext(context.Background(), span)
}

// Traceparent returns the value of the header traceparent, which carries the span of ctx to another gateway. It
// returns "" if the span is not recorded.
func Traceparent(ctx context.Context) string {
	if !trace.SpanFromContext(ctx).IsRecording() {
		return ""
	}
	carrier := propagation.MapCarrier{}
	w3c.Inject(ctx, carrier)
	return carrier[Header]
}

// Header is the name of the W3C's header for traces.
const Header = "traceparent"

// StartRemote begins a step for another gateway, which sent traceparent by NATS. With a nil tracer or an
// empty traceparent it records nothing. There is no limit: all that the other gateway records is recorded here.
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

// FromGateway reports whether the remote span of ctx comes from another gateway. Samplers trust these. All
// other remote spans come from callers by HTTP, who can be anybody.
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

// End ends the step. If err is not nil, the step has failed.
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

// kindOf returns the type of an error, which is not secret.
func kindOf(err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "canceled"
	}
	return "_OTHER"
}

// Route names the span of ctx's request by its endpoint. A handler calls it if it knows the endpoint
// better than the route function of Handler. prefix comes before the endpoint.
func Route(ctx context.Context, method, prefix, endpoint string) {
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		endpoint = prefix + endpoint
		span.SetName(knownMethod(method) + " " + endpoint)
		span.SetAttributes(attribute.String("http.route", endpoint))
	}
}
