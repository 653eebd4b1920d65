// Package otlp sends the spans of a gateway to a collector, by OTLP over HTTP.
//
// Sending never holds up what is traced. Spans wait in a queue with an end, one goroutine sends
// them in batches, and what does not fit, or is not taken, is dropped and counted.
package otlp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"rtmwasm/gateway/signature"
	"rtmwasm/gateway/tracing"
)

// FromEnvironment as Options.URL stands for OTEL_EXPORTER_OTLP_TRACES_ENDPOINT or
// OTEL_EXPORTER_OTLP_ENDPOINT.
const FromEnvironment = "env"

// DefaultRatio is how many of the traces that begin here are recorded unless told otherwise.
const DefaultRatio = 0.1

// Bounds of what waits and of how long it is tried.
const (
	queueLength = 4096 // spans, of about 1 KB
	batchLength = 512
	batchTime   = 2 * time.Second
	sendTime    = 30 * time.Second // for a batch, with all attempts
)

// Options say where spans go.
type Options struct {
	// URL is the collector's, such as http://127.0.0.1:4318, or FromEnvironment. Without a path it
	// gets /v1/traces. Headers, such as credentials, and certificates come from OTEL_EXPORTER_OTLP_HEADERS
	// and the other variables of that kind.
	URL string

	// Ratio is how many of the traces that begin here are recorded, from 0 to 1. Those that a caller
	// has recorded are recorded too, up to a hundred a second.
	Ratio float64

	Version string // of the program

	// Meter counts spans; nil means that nobody does.
	Meter tracing.Meter

	// Logger gets that the collector takes no spans, once a minute at most, and that it takes them
	// again.
	Logger *slog.Logger
}

type noMeter struct{}

func (noMeter) SpansSent(int)                    {}
func (noMeter) SpansDropped(tracing.Reason, int) {}

// Check returns an error where Options cannot be right. It does not connect. What it says shows nothing
// of the URL that may be secret.
func (o Options) Check() error {
	if o.Ratio < 0 || o.Ratio > 1 {
		return fmt.Errorf("the ratio is %v, it must be from 0 to 1", o.Ratio)
	}
	_, err := o.endpoint()
	return err
}

// endpoint is the address of traces.
func (o Options) endpoint() (string, error) {
	text, complete := o.URL, false
	if o.URL == FromEnvironment {
		text, complete = os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), true
		if text == "" {
			text, complete = os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT"), false
			text = strings.TrimSuffix(text, "/")
			if text != "" {
				text, complete = text+tracesPath, true
			}
		}
		if text == "" {
			return "", errors.New("OTEL_EXPORTER_OTLP_ENDPOINT is not set, which the value env stands for")
		}
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Fragment != "":
		return "", errors.New("the URL must be such as http://127.0.0.1:4318")
	case u.User != nil || u.RawQuery != "":
		return "", errors.New("credentials do not belong into the URL: give them as OTEL_EXPORTER_OTLP_HEADERS")
	}
	if !complete && strings.Trim(u.Path, "/") == "" {
		u.Path = tracesPath
	}
	return u.String(), nil
}

const tracesPath = "/v1/traces"

// Redacted is the URL without what may be secret.
func (o Options) Redacted() string {
	endpoint, err := o.endpoint()
	if err != nil {
		return o.URL
	}
	return signature.RedactedURL(endpoint)
}

// Traces sends spans until Close.
type Traces struct {
	provider *sdk.TracerProvider
	closing  context.CancelFunc
}

// Open does not connect.
func Open(ctx context.Context, o Options) (*Traces, error) {
	if o.Meter == nil {
		o.Meter = noMeter{}
	}
	client, err := o.client(ctx)
	if err != nil {
		return nil, err
	}
	described, err := o.resource(ctx)
	if err != nil {
		return nil, err
	}
	open, closing := context.WithCancel(context.Background())
	both := &counts{meter: o.Meter}
	out := &sender{SpanExporter: client, counts: both, open: open, report: report{log: o.Logger, at: o.Redacted()}}
	in := &queue{sdk.NewBatchSpanProcessor(out, sdk.WithMaxQueueSize(queueLength), sdk.WithMaxExportBatchSize(batchLength),
		sdk.WithBatchTimeout(batchTime), sdk.WithExportTimeout(sendTime)), both}
	provider := sdk.NewTracerProvider(sdk.WithSampler(sampler(o.Ratio)), sdk.WithSpanProcessor(in), sdk.WithResource(described),
		sdk.WithRawSpanLimits(spanLimits()))
	return &Traces{provider, closing}, nil
}

func (o Options) client(ctx context.Context, more ...otlptracehttp.Option) (*otlptrace.Exporter, error) {
	endpoint, err := o.endpoint()
	if err != nil {
		return nil, err
	}
	more = append([]otlptracehttp.Option{
		otlptracehttp.WithEndpointURL(endpoint),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: true, InitialInterval: time.Second, MaxInterval: 5 * time.Second, MaxElapsedTime: sendTime}),
		otlptracehttp.WithMaxResponseSize(64 << 10),
	}, more...)
	return otlptracehttp.New(ctx, more...)
}

// resource describes this process; OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES decide where they are set.
func (o Options) resource(ctx context.Context) (*resource.Resource, error) {
	return resource.New(ctx, resource.WithAttributes(
		attribute.String("service.name", "rtm-gateway"),
		attribute.String("service.version", o.Version),
		attribute.String("service.instance.id", rand.Text()),
	), resource.WithTelemetrySDK(), resource.WithFromEnv())
}

// spanLimits bound what one span takes.
func spanLimits() sdk.SpanLimits {
	limits := sdk.NewSpanLimits()
	limits.AttributeValueLengthLimit, limits.AttributeCountLimit, limits.LinkCountLimit = 256, 32, 8
	return limits
}

// Tracer makes spans.
func (t *Traces) Tracer() trace.Tracer { return t.provider.Tracer(tracing.Name) }

// Close sends what waits, and returns when that is done or ctx ends; what is left then is dropped.
func (t *Traces) Close(ctx context.Context) error {
	defer t.closing()
	return t.provider.Shutdown(ctx)
}

// Test sends one span, and returns why the collector did not take it.
func Test(ctx context.Context, o Options) error {
	client, err := o.client(ctx, otlptracehttp.WithRetry(otlptracehttp.RetryConfig{}))
	if err != nil {
		return err
	}
	described, err := o.resource(ctx)
	if err != nil {
		return err
	}
	kept := &kept{}
	provider := sdk.NewTracerProvider(sdk.WithSyncer(kept), sdk.WithResource(described))
	_, span := provider.Tracer(tracing.Name).Start(ctx, "rtm-gateway doctor")
	span.End()
	return errors.Join(plain(client.ExportSpans(ctx, kept.spans)), client.Shutdown(ctx))
}

// kept is an exporter that keeps what it gets.
type kept struct{ spans []sdk.ReadOnlySpan }

func (k *kept) ExportSpans(_ context.Context, spans []sdk.ReadOnlySpan) error {
	k.spans = append(k.spans, spans...)
	return nil
}

func (k *kept) Shutdown(context.Context) error { return nil }
