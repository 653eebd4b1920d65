package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/trace"

	"rtmwasm/gateway"
	"rtmwasm/gateway/metrics"
	"rtmwasm/gateway/tracing"
	"rtmwasm/gateway/tracing/otlp"
	"rtmwasm/version"
)

// traceOptions say where to send traces.
type traceOptions struct {
	url   traceURL
	ratio ratio
	flush time.Duration // how long the end of the gateway may wait for the collector
}

// traceURL is a URL that may have a secret path.
type traceURL string

func (u *traceURL) Set(text string) error { *u = traceURL(text); return nil }
func (*traceURL) String() string          { return "" }

// Redacted returns scheme and host.
func (u *traceURL) Redacted() string {
	if *u == "" || *u == otlp.FromEnvironment {
		return string(*u)
	}
	return otlp.Options{URL: string(*u)}.Redacted()
}

// ratio is a number from 0 to 1.
type ratio float64

// Set implements flag.Value.
func (r *ratio) Set(text string) error {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || !(f >= 0 && f <= 1) {
		return errors.New("it must be a number from 0 to 1")
	}
	*r = ratio(f)
	return nil
}

func (r *ratio) String() string { return strconv.FormatFloat(float64(*r), 'g', -1, 64) }

func (o *traceOptions) register(flags *flag.FlagSet) {
	flags.Var(&o.url, "trace", "`URL` of an OpenTelemetry collector that gets traces of requests, by OTLP over HTTP, such as http://127.0.0.1:4318; env takes the address from OTEL_EXPORTER_OTLP_ENDPOINT. Give credentials in OTEL_EXPORTER_OTLP_HEADERS")
	o.ratio, o.flush = otlp.DefaultRatio, traceFlush
	flags.Var(&o.ratio, "trace-sample", "`part` of the traces that begin here to record, from 0 to 1; those that a caller records are recorded too")
}

func (o *traceOptions) check() error {
	if o.url == "" {
		if o.ratio != otlp.DefaultRatio {
			return errors.New("--trace-sample goes with --trace")
		}
		return nil
	}
	if err := o.options().Check(); err != nil {
		return fmt.Errorf("--trace: %w", err)
	}
	return nil
}

func (o *traceOptions) options() otlp.Options {
	return otlp.Options{URL: string(o.url), Ratio: float64(o.ratio), Version: version.String()}
}

const traceFlush = 2 * time.Second

// open begins to send traces. traced is a log with trace ids. Without --trace, tracer is nil and traced is log.
func (o *traceOptions) open(ctx context.Context, meter *metrics.Metrics, log *slog.Logger) (tracer trace.Tracer, traced *slog.Logger, stop func(), err error) {
	if o.url == "" {
		return nil, log, func() {}, nil
	}
	options := o.options()
	options.Logger = log
	if meter != nil {
		options.Meter = meter
	}
	traces, err := otlp.Open(ctx, options)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("--trace: %w", err)
	}
	log.Info("traces are sent to a collector", "at", options.Redacted(), "part", float64(o.ratio))
	stop = func() {
		ctx, cancel := context.WithTimeout(context.Background(), o.flush)
		defer cancel()
		if err := traces.Close(ctx); err != nil {
			log.Warn("the last traces were not sent", "error", err)
		}
	}
	return traces.Tracer(), slog.New(tracing.Log(log.Handler())), stop, nil
}

// traced returns a handler that records a span for each request.
func traced(tracer trace.Tracer, handler http.Handler) http.Handler {
	if tracer == nil {
		return handler
	}
	return tracing.Handler(tracer, gateway.TraceRoute, handler)
}

// checkTraces checks that the collector accepts a trace of one span.
func (e *examination) checkTraces(ctx context.Context) {
	if e.trace.url == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	began := time.Now()
	options := e.trace.options()
	if err := otlp.Test(ctx, options); err != nil {
		e.say(bad, "traces", err.Error(), "traces are dropped: check that the collector at "+options.Redacted()+" accepts OTLP over HTTP, and whether it needs OTEL_EXPORTER_OTLP_HEADERS")
		return
	}
	e.say(good, "traces", fmt.Sprintf("the collector accepts traces, and answered in %v", time.Since(began).Round(time.Millisecond)), "")
}
