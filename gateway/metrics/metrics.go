// Package metrics exports the metrics of a gateway to Prometheus:
//
//	m := metrics.New()
//	server, err := gateway.New(gateway.Config{Engine: engine, Meter: m})
//	http.Handle("/metrics", m.Handler())
//
// No metric has a label that grows with users, channels or apps.
package metrics

import (
	"cmp"
	"net/http"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"rtmwasm/core/wire"
	"rtmwasm/gateway"
	"rtmwasm/gateway/media"
	"rtmwasm/gateway/rest"
	"rtmwasm/gateway/scan"
	"rtmwasm/gateway/session"
	"rtmwasm/gateway/tracing"
	"rtmwasm/gateway/webhook"
)

// Metrics implements gateway.Meter for Prometheus.
type Metrics struct {
	registry *prometheus.Registry

	sessions                    prometheus.Gauge
	began, resumed, tooOften    prometheus.Counter
	origins                     prometheus.Counter
	refused, closed             *prometheus.CounterVec
	in, out                     traffic
	running                     *prometheus.GaugeVec
	transfers, transferredBytes *prometheus.CounterVec
	engine                      *prometheus.HistogramVec
	engineErrors                *prometheus.CounterVec
	scans                       *prometheus.CounterVec
	scan                        prometheus.Histogram
	rest                        *prometheus.CounterVec
	hookEvents                  *prometheus.CounterVec
	hookCalls                   *prometheus.HistogramVec
	hookOldest                  prometheus.Gauge
	spansSent                   prometheus.Counter
	spansDropped                *prometheus.CounterVec
}

var (
	_ gateway.Meter = (*Metrics)(nil)
	_ scan.Meter    = (*Metrics)(nil)
	_ rest.Meter    = (*Metrics)(nil)
	_ webhook.Meter = (*Metrics)(nil)
	_ tracing.Meter = (*Metrics)(nil)
)

// New returns Metrics with their own registry. It also has the metrics of the process and of the
// Go runtime.
func New() *Metrics {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	to := promauto.With(registry)
	counter := func(name, help string) prometheus.Counter {
		return to.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	counters := func(name, help string, labels ...string) *prometheus.CounterVec {
		return to.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	info := to.NewGaugeVec(prometheus.GaugeOpts{Name: "rtm_build_info", Help: "Always 1; the labels have the version of the program."}, []string{"version", "revision", "goversion"})
	info.WithLabelValues(build()).Set(1)
	m := &Metrics{
		registry: registry,

		sessions:         to.NewGauge(prometheus.GaugeOpts{Name: "rtm_sessions", Help: "Sessions of this gateway, including those whose client is disconnected and may reconnect."}),
		began:            counter("rtm_sessions_begun_total", "Sessions that began."),
		resumed:          counter("rtm_sessions_resumed_total", "Sessions resumed over a new socket."),
		refused:          counters("rtm_logins_refused_total", "Logins refused, by reason as named in the protocol.", "reason"),
		origins:          counter("rtm_origins_refused_total", "Requests of web pages refused because of their origin."),
		closed:           counters("rtm_sockets_closed_total", "Sockets closed by the gateway, by close code; 4000 to 4099 ask the client to reconnect.", "code"),
		tooOften:         counter("rtm_requests_too_often_total", "Requests refused because the client sent too many."),
		running:          to.NewGaugeVec(prometheus.GaugeOpts{Name: "rtm_media_running", Help: "Running media requests that carry content."}, []string{"direction"}),
		transfers:        counters("rtm_media_requests_total", "Media requests that carried content, by result: done, refused, broken or failed.", "direction", "result"),
		transferredBytes: counters("rtm_media_bytes_total", "Bytes of content that media requests carried.", "direction"),
		engine: to.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "rtm_engine_seconds",
			Help:    "Duration of calls to the engine (NATS).",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"call"}),
		scans: counters("rtm_scans_total", "Scans of uploads, by result: clean, rejected, failed, or passed (accepted without a scan, because the scanner failed).", "result"),
		scan: to.NewHistogram(prometheus.HistogramOpts{
			Name:    "rtm_scan_seconds",
			Help:    "Duration of scans of uploads.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 25, 60},
		}),
		rest:       counters("rtm_rest_calls_total", "REST calls, by endpoint and status.", "endpoint", "status"),
		hookEvents: counters("rtm_webhook_events_total", "Events for the web hook, by result: queued, lost (could not be queued), delivered, or dead (too old, too large, or refused by the hook).", "result"),
		hookCalls: to.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "rtm_webhook_seconds",
			Help:    "Duration of calls to the web hook, by status class; none means that the hook did not answer.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"status"}),
		hookOldest:   to.NewGauge(prometheus.GaugeOpts{Name: "rtm_webhook_oldest_seconds", Help: "Age of the oldest event in the batch that the web hook did not accept; 0 while it accepts events."}),
		spansSent:    counter("rtm_trace_spans_sent_total", "Spans of traces that the collector accepted."),
		spansDropped: counters("rtm_trace_spans_dropped_total", "Spans of traces that were dropped, by reason: queue_full (the collector is slow or unreachable) or not_taken (it refused them, or did not answer).", "reason"),
		engineErrors: counters("rtm_engine_errors_total", "Calls to the engine that failed.", "call"),
	}
	frames := counters("rtm_frames_total", "WebSocket frames, by direction as the gateway sees it: in or out.", "direction")
	bytes := counters("rtm_frame_bytes_total", "Bytes of WebSocket frames, by direction.", "direction")
	m.in = traffic{frames.WithLabelValues("in"), bytes.WithLabelValues("in")}
	m.out = traffic{frames.WithLabelValues("out"), bytes.WithLabelValues("out")}
	m.begin()
	return m
}

// traffic counts frames of one direction. It keeps the counters, because looking them up for each frame is slow.
type traffic struct{ frames, bytes prometheus.Counter }

func (t traffic) count(bytes int) {
	t.frames.Inc()
	t.bytes.Add(float64(bytes))
}

// begin creates all series with the value 0. Otherwise a series would begin with its first event, and
// an alert on a rise would miss that event.
func (m *Metrics) begin() {
	for _, reason := range wire.Refusal_Reason_name {
		m.refused.WithLabelValues(reason)
	}
	for _, code := range session.CloseCodes {
		m.closed.WithLabelValues(strconv.Itoa(code))
	}
	for _, d := range []media.Direction{media.Upload, media.Download} {
		m.running.WithLabelValues(string(d))
		m.transferredBytes.WithLabelValues(string(d))
		for _, r := range []media.Result{media.Done, media.Refused, media.Broken, media.Failed} {
			m.transfers.WithLabelValues(string(d), string(r))
		}
	}
	for _, r := range scan.Results {
		m.scans.WithLabelValues(string(r))
	}
	for _, endpoint := range rest.Endpoints {
		for _, status := range rest.Statuses {
			m.rest.WithLabelValues(endpoint, strconv.Itoa(status))
		}
	}
	for _, r := range webhook.Results {
		m.hookEvents.WithLabelValues(string(r))
	}
	for _, status := range webhook.Statuses {
		m.hookCalls.WithLabelValues(status)
	}
	for _, r := range tracing.Reasons {
		m.spansDropped.WithLabelValues(string(r))
	}
	for _, call := range gateway.EngineCalls {
		m.engine.WithLabelValues(call)
		m.engineErrors.WithLabelValues(call)
	}
}

// build returns the version of the program's module, its commit and its version of Go. A value
// that is not known is "unknown".
func build() (version, revision, goVersion string) {
	version, revision, goVersion = "unknown", "unknown", runtime.Version()
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return
	}
	version = cmp.Or(info.Main.Version, version)
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			revision = s.Value
		}
	}
	return
}

// Handler serves the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// TransferBegan implements gateway.Meter, as do the methods that follow.
func (m *Metrics) TransferBegan(d media.Direction) { m.running.WithLabelValues(string(d)).Inc() }

func (m *Metrics) TransferEnded(d media.Direction, r media.Result, bytes int64) {
	m.running.WithLabelValues(string(d)).Dec()
	m.transfers.WithLabelValues(string(d), string(r)).Inc()
	m.transferredBytes.WithLabelValues(string(d)).Add(float64(bytes))
}

func (m *Metrics) Sessions(change int) {
	m.sessions.Add(float64(change))
	if change > 0 {
		m.began.Add(float64(change))
	}
}

func (m *Metrics) Resumed() { m.resumed.Inc() }

func (m *Metrics) LoginRefused(reason string) { m.refused.WithLabelValues(reason).Inc() }

func (m *Metrics) OriginRefused() { m.origins.Inc() }

func (m *Metrics) SocketClosed(code int) { m.closed.WithLabelValues(strconv.Itoa(code)).Inc() }

func (m *Metrics) FrameIn(bytes int) { m.in.count(bytes) }

func (m *Metrics) FrameOut(bytes int) { m.out.count(bytes) }

func (m *Metrics) TooOften() { m.tooOften.Inc() }

func (m *Metrics) EngineCall(name string, took time.Duration, err error) {
	m.engine.WithLabelValues(name).Observe(took.Seconds())
	if err != nil {
		m.engineErrors.WithLabelValues(name).Inc()
	}
}

// Scanned implements scan.Meter.
func (m *Metrics) Scanned(r scan.Result, took time.Duration) {
	m.scans.WithLabelValues(string(r)).Inc()
	m.scan.Observe(took.Seconds())
}

// RESTCall implements rest.Meter.
func (m *Metrics) RESTCall(endpoint string, status int) {
	m.rest.WithLabelValues(endpoint, strconv.Itoa(status)).Inc()
}

// WebhookEvents implements webhook.Meter, as do the methods that follow.
func (m *Metrics) WebhookEvents(r webhook.Result, n int) {
	m.hookEvents.WithLabelValues(string(r)).Add(float64(n))
}

func (m *Metrics) WebhookCall(status string, took time.Duration) {
	m.hookCalls.WithLabelValues(status).Observe(took.Seconds())
}

func (m *Metrics) WebhookOldest(age time.Duration) { m.hookOldest.Set(age.Seconds()) }

// SpansSent implements tracing.Meter.
func (m *Metrics) SpansSent(n int) { m.spansSent.Add(float64(n)) }

// SpansDropped implements tracing.Meter.
func (m *Metrics) SpansDropped(r tracing.Reason, n int) {
	m.spansDropped.WithLabelValues(string(r)).Add(float64(n))
}
