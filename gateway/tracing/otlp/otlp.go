// Package otlp sends the spans of a gateway to a collector, by OTLP over HTTP.
//
// Sending never delays the traced work. Spans wait in a queue of limited length, and one goroutine
// sends them in batches. Spans that do not fit, or that the collector refuses, are dropped and counted.
package otlp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
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

// FromEnvironment as Options.URL means the value of OTEL_EXPORTER_OTLP_TRACES_ENDPOINT or
// OTEL_EXPORTER_OTLP_ENDPOINT.
const FromEnvironment = "env"

// DefaultRatio is the default of Options.Ratio in rtm-gateway.
const DefaultRatio = 0.1

// Limits of the queue and of the time for sending.
const (
	queueLength = 4096 // spans, of about 1 KB
	batchLength = 512
	batchTime   = 2 * time.Second
	sendTime    = 30 * time.Second // for a batch, with all attempts
)

// Options say where to send spans, and which ones.
type Options struct {
	// URL is the collector's, such as http://127.0.0.1:4318, or FromEnvironment. Without a path it
	// gets /v1/traces. Headers, such as credentials, and certificates come from OTEL_EXPORTER_OTLP_HEADERS
	// and the other variables of that kind.
	URL string

	// Ratio is the part of the traces beginning here that is recorded, from 0 to 1. Traces that another
	// gateway records are always recorded, and those of callers by HTTP up to a hundred a second.
	Ratio float64

	// Version of the program. It is the attribute service.version of spans.
	Version string

	// Meter counts spans; nil means that they are not counted.
	Meter tracing.Meter

	// Logger gets a line when the collector does not accept spans, at most one a minute, and when it
	// accepts them again. It also gets errors of the SDK, without values. Test does not use it.
	Logger *slog.Logger
}

type noMeter struct{}

func (noMeter) SpansSent(int)                    {}
func (noMeter) SpansDropped(tracing.Reason, int) {}

// Check returns an error if Options, or the variables that the SDK reads, are invalid. It does not
// connect. The error does not show secrets.
func (o Options) Check() error {
	if o.Ratio < 0 || o.Ratio > 1 {
		return fmt.Errorf("the ratio is %v, it must be from 0 to 1", o.Ratio)
	}
	if _, err := o.endpoint(); err != nil {
		return err
	}
	return checkEnvironment()
}

// endpoint returns the URL to which traces are sent.
func (o Options) endpoint() (string, error) {
	text, complete := o.URL, false
	if o.URL == FromEnvironment {
		text, complete = variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), true
		if text == "" {
			text, complete = variable("OTEL_EXPORTER_OTLP_ENDPOINT"), false
			text = strings.TrimSuffix(text, "/")
			if text != "" {
				text, complete = text+tracesPath, true
			}
		}
		if text == "" {
			return "", errors.New("OTEL_EXPORTER_OTLP_ENDPOINT is not set: the value env needs it")
		}
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Fragment != "":
		return "", errURL
	case u.User != nil || u.RawQuery != "":
		return "", errors.New("credentials do not belong in the URL: give them in OTEL_EXPORTER_OTLP_HEADERS")
	}
	if !complete && strings.Trim(u.Path, "/") == "" {
		u.Path = tracesPath
	}
	return u.String(), nil
}

const tracesPath = "/v1/traces"

// Redacted returns the URL without its secret parts.
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
	shared := &counts{meter: o.Meter}
	out := &sender{SpanExporter: client, counts: shared, open: open, report: report{log: o.Logger, at: o.Redacted()}}
	in := &queue{sdk.NewBatchSpanProcessor(out, sdk.WithMaxQueueSize(queueLength), sdk.WithMaxExportBatchSize(batchLength),
		sdk.WithBatchTimeout(batchTime), sdk.WithExportTimeout(sendTime)), shared}
	provider := sdk.NewTracerProvider(sdk.WithSampler(sampler(o.Ratio)), sdk.WithSpanProcessor(in), sdk.WithResource(described),
		sdk.WithRawSpanLimits(spanLimits()))
	return &Traces{provider, closing}, nil
}

func (o Options) client(ctx context.Context, more ...otlptracehttp.Option) (*otlptrace.Exporter, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	endpoint, err := o.endpoint()
	if err != nil {
		return nil, err
	}
	logSDK(o.Logger)
	more = append([]otlptracehttp.Option{
		otlptracehttp.WithEndpointURL(endpoint),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: true, InitialInterval: time.Second, MaxInterval: 5 * time.Second, MaxElapsedTime: sendTime}),
		otlptracehttp.WithMaxResponseSize(64 << 10),
	}, more...)
	return otlptracehttp.New(ctx, more...)
}

// resource describes this process. OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES replace the defaults.
func (o Options) resource(ctx context.Context) (*resource.Resource, error) {
	described, err := resource.New(ctx, resource.WithAttributes(
		attribute.String("service.name", "rtm-gateway"),
		attribute.String("service.version", o.Version),
		attribute.String("service.instance.id", rand.Text()),
	), resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil { // its text shows the value, which may be secret
		return nil, errors.New("OTEL_RESOURCE_ATTRIBUTES must be pairs such as deployment.environment.name=production, with commas between them")
	}
	return described, nil
}

// spanLimits limit the size of one span.
func spanLimits() sdk.SpanLimits {
	limits := sdk.NewSpanLimits()
	limits.AttributeValueLengthLimit, limits.AttributeCountLimit, limits.LinkCountLimit = 256, 32, 8
	return limits
}

// Tracer returns the tracer that makes spans.
func (t *Traces) Tracer() trace.Tracer { return t.provider.Tracer(tracing.Name) }

// Close sends the waiting spans. When ctx ends, it drops those that are left.
func (t *Traces) Close(ctx context.Context) error {
	defer t.closing()
	return t.provider.Shutdown(ctx)
}

// Test sends one span, and returns an error if the collector did not accept it.
func Test(ctx context.Context, o Options) error {
	client, err := o.client(ctx, otlptracehttp.WithRetry(otlptracehttp.RetryConfig{}))
	if err != nil {
		return err
	}
	described, err := o.resource(ctx)
	if err != nil {
		return err
	}
	collected := &spanCollector{}
	provider := sdk.NewTracerProvider(sdk.WithSyncer(collected), sdk.WithResource(described))
	_, span := provider.Tracer(tracing.Name).Start(ctx, "rtm-gateway doctor")
	span.End()
	return errors.Join(plain(client.ExportSpans(ctx, collected.spans)), client.Shutdown(ctx))
}

// spanCollector is an exporter that only collects spans.
type spanCollector struct{ spans []sdk.ReadOnlySpan }

func (c *spanCollector) ExportSpans(_ context.Context, spans []sdk.ReadOnlySpan) error {
	c.spans = append(c.spans, spans...)
	return nil
}

func (c *spanCollector) Shutdown(context.Context) error { return nil }
