package tests

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// Traces as an operator sees them: the program, clients, and a receiver of OTLP.
func TestTraces(t *testing.T) {
	t.Parallel()
	program := buildGateway(t)
	for name, test := range map[string]func(t *testing.T, program string){
		"what requests wait for":     testTraces,
		"the end sends what is left": testTraceFlush,
		"a part is recorded":         testTraceSample,
		"off unless asked for":       testTracesOff,
		"a collector that refuses":   testTraceRefused,
		"a collector that fails":     testTraceFails,
		"a collector that hangs":     testTraceHangs,
		"doctor and settings":        testTraceSettings,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, program)
		})
	}
}

// collector receives OTLP by HTTP.
type collector struct {
	*httptest.Server
	t *testing.T

	mu    sync.Mutex
	auth  string // of the last request
	spans []*tracepb.Span
	raw   bytes.Buffer // all that came
}

func startCollector(t *testing.T) *collector {
	c := &collector{t: t}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var request collectorpb.ExportTraceServiceRequest
	if !assert.NoError(c.t, err) || !assert.NoError(c.t, proto.Unmarshal(body, &request)) ||
		!assert.Equal(c.t, "POST /v1/traces application/x-protobuf", r.Method+" "+r.URL.Path+" "+r.Header.Get("Content-Type")) {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.auth = r.Header.Get("Authorization")
	c.raw.Write(body)
	for _, resource := range request.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			c.spans = append(c.spans, scope.Spans...)
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// named are the spans with a name that have come so far.
func (c *collector) named(name string) (found []*tracepb.Span) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.spans {
		if s.Name == name {
			found = append(found, s)
		}
	}
	return found
}

// await waits for a span with a name.
func (c *collector) await(t *testing.T, name string, is func(*tracepb.Span) bool) (span *tracepb.Span) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, s := range c.named(name) {
			if is == nil || is(s) {
				span = s
				return true
			}
		}
		return false
	}, waitLimit, 20*time.Millisecond, "a span %q; there are %v", name, c)
	return span
}

func (c *collector) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var names []string
	for _, s := range c.spans {
		names = append(names, s.Name)
	}
	return strings.Join(names, ", ")
}

// child waits for a span below another.
func (c *collector) child(t *testing.T, of *tracepb.Span, name string) *tracepb.Span {
	t.Helper()
	return c.await(t, name, func(s *tracepb.Span) bool {
		return bytes.Equal(s.ParentSpanId, of.SpanId) && bytes.Equal(s.TraceId, of.TraceId)
	})
}

// attribute is one of a span's, as text; "" for none.
func attribute(s *tracepb.Span, key string) string {
	for _, a := range s.Attributes {
		if a.Key == key {
			switch v := a.Value; {
			case v.GetStringValue() != "":
				return v.GetStringValue()
			case v.GetIntValue() != 0:
				return fmt.Sprint(v.GetIntValue())
			default:
				return fmt.Sprint(v.GetBoolValue())
			}
		}
	}
	return ""
}

// traceOf waits for a line of a log, in JSON, that has a message, and returns the ids that the last such
// line has.
func (s *service) traceOf(message string) (trace, span string) {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return strings.Contains(s.text(), `"msg":"`+message+`"`) }, waitLimit, 10*time.Millisecond)
	for line := range strings.Lines(s.text()) {
		var l struct {
			Msg   string
			Trace string `json:"trace_id"`
			Span  string `json:"span_id"`
		}
		if json.Unmarshal([]byte(line), &l) == nil && l.Msg == message {
			trace, span = l.Trace, l.Span
		}
	}
	return trace, span
}

// serveTraced starts a gateway with the REST interface that records all traces. Its settings for the exporter are
// variables.
func serveTraced(t *testing.T, program, collector string, more ...string) (*service, *backend) {
	t.Helper()
	args := []string{"OTEL_EXPORTER_OTLP_HEADERS=Authorization=Bearer%20of-the-collector", program}
	for len(more) > 0 && strings.HasPrefix(more[0], "OTEL_") {
		args, more = append([]string{more[0]}, args...), more[1:]
	}
	args = append(args, "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--data", t.TempDir(), "--log-format", "json",
		"--app", pageApp+":"+pageCertificate, "--rest-key", restKey+":"+restSecret)
	if collector != "" {
		args = append(args, "--trace", collector, "--trace-sample", "1")
	}
	g := serve(t, "env", append(args, more...)...)
	return g, &backend{t, g.url}
}

func (h *heard) send(t *testing.T, peer, text string) (received bool) {
	t.Helper()
	m := &core.Outgoing{Message: &core.Message{Type: wire.Message_TEXT, Text: text}}
	return outcome(t, h.member, func(done func(bool)) {
		h.SendToPeer(peer, m, false, func(received bool, err *core.Error) {
			assert.Nil(t, err)
			done(received)
		})
	})
}

const (
	callersTrace = "0af7651916cd43dd8448eb211c80319c"
	callersSpan  = "b7ad6b7169203331"
)

func testTraces(t *testing.T, program string) {
	c := startCollector(t)
	var mu sync.Mutex
	parents := map[string][]string{} // traceparent of the calls, by path
	hooks := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		parents[r.URL.Path] = append(parents[r.URL.Path], r.Header.Get("traceparent"))
		_, _ = io.WriteString(w, `{"allow":true}`)
	}))
	t.Cleanup(hooks.Close)
	called := func(path string) []string {
		mu.Lock()
		defer mu.Unlock()
		return parents[path]
	}
	g, b := serveTraced(t, program, c.URL, "--webhook", hooks.URL+"/secret-hook", "--webhook-secret", hookSecret, "--webhook-events", "peer_message",
		"--scan", hooks.URL+"/secret-scan", "--scan-secret", hookSecret)
	alice, _ := loginHeard(t, g.url, "alice-in-person"), loginHeard(t, g.url, "bob-in-person")

	// A login, on the trace of the request that became the socket. The line in the log names its span.
	bobs, bobsSpan := g.traceOf("session began")
	entered := c.await(t, "rtm login", func(s *tracepb.Span) bool { return hex.EncodeToString(s.TraceId) == bobs })
	assert.Equal(t, bobsSpan, hex.EncodeToString(entered.SpanId))
	assert.Equal(t, "OK", attribute(entered, "rtm.result"))
	assert.Equal(t, pageApp, attribute(entered, "rtm.app"))
	upgrade := c.await(t, "GET /rtm", func(s *tracepb.Span) bool { return bytes.Equal(s.SpanId, entered.ParentSpanId) })
	assert.Equal(t, entered.TraceId, upgrade.TraceId)
	assert.Equal(t, "101", attribute(upgrade, "http.response.status_code"))
	c.child(t, entered, "nats kv_get")
	c.child(t, entered, "nats kv_create")

	// A message: a trace of its own, with a link to the login, and what it waits for.
	require.True(t, alice.send(t, "bob-in-person", "nobody else may read this"))
	message := c.await(t, "rtm peer_message", nil)
	assert.Empty(t, message.ParentSpanId)
	assert.Equal(t, "OK", attribute(message, "rtm.result"))
	assert.Equal(t, "true", attribute(message, "rtm.received"))
	require.Len(t, message.Links, 1)
	login := c.await(t, "rtm login", func(s *tracepb.Span) bool { return bytes.Equal(s.SpanId, message.Links[0].SpanId) })
	assert.Equal(t, message.Links[0].TraceId, login.TraceId)
	assert.Equal(t, attribute(login, "rtm.session"), attribute(message, "rtm.session"))
	assert.Contains(t, g.text(), `"session":"`+attribute(message, "rtm.session"))
	c.child(t, message, "nats ask_peer")
	assert.False(t, alice.send(t, "somebody-else", "nobody else may read this"))
	c.await(t, "rtm peer_message", func(s *tracepb.Span) bool { return attribute(s, "rtm.received") == "false" })

	// Other requests, and one that is refused.
	alice.join(t, "hall-of-alice")
	join := c.await(t, "rtm join", nil)
	c.child(t, join, "nats publish")
	require.NotNil(t, outcome(t, alice.member, func(done func(*core.Error)) { alice.RenewToken("not-a-token", done) }))
	c.await(t, "rtm renew_token", func(s *tracepb.Span) bool { return attribute(s, "rtm.result") == "INVALID_TOKEN" })

	// An upload, its scan by a hook that goes on the trace, and a download on the trace of its caller.
	id := alice.store(t, randomFile(200_000))
	upload := c.await(t, "POST /media/", nil)
	assert.Equal(t, "201", attribute(upload, "http.response.status_code"))
	c.child(t, upload, "nats kv_create")
	scan := c.await(t, "scan hook", nil)
	require.Len(t, called("/secret-scan"), 1)
	assert.Equal(t, fmt.Sprintf("00-%x-%x-01", scan.TraceId, scan.SpanId), called("/secret-scan")[0])
	around := c.await(t, "scan", func(s *tracepb.Span) bool { return bytes.Equal(s.SpanId, scan.ParentSpanId) })
	assert.Equal(t, upload.TraceId, around.TraceId)
	signed := alice.mediaURL(t, id, "")
	_, signature, _ := strings.Cut(signed, "sig=")
	request, err := http.NewRequest(http.MethodGet, signed, nil)
	require.NoError(t, err)
	request.Header.Set("traceparent", "00-"+callersTrace+"-"+callersSpan+"-01")
	request.Header.Set("tracestate", "vendor=text-of-the-caller")
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	_ = answer.Body.Close()
	download := c.await(t, "GET /media/{id}", nil)
	assert.Equal(t, callersTrace, hex.EncodeToString(download.TraceId))
	assert.Equal(t, callersSpan, hex.EncodeToString(download.ParentSpanId))
	assert.Equal(t, "200", attribute(download, "http.response.status_code"))

	// A call of a backend, whose line in the log names the trace.
	require.Equal(t, 200, b.do(http.MethodPost, "/rtm/users/system-user/peer_messages?wait_for_ack=true", `{"destination":"bob-in-person","payload":"nobody else may read this"}`).Status)
	call := c.await(t, "POST REST peer_messages", nil)
	c.child(t, call, "nats ask_peer")
	trace, span := g.traceOf("rest call")
	assert.Equal(t, trace+span, hex.EncodeToString(call.TraceId)+hex.EncodeToString(call.SpanId))

	// The web hook gets events in batches, each a trace of its own.
	batch := c.await(t, "webhook batch", nil)
	post := c.child(t, batch, "webhook post")
	require.NotEmpty(t, called("/secret-hook"))
	assert.Contains(t, called("/secret-hook"), fmt.Sprintf("00-%x-%x-01", post.TraceId, post.SpanId))

	g.get("/healthz")
	g.get("/readyz")
	g.get("/sdk/")
	c.await(t, "GET /sdk/", nil) // spans come in the order in which they ended
	g.signal(syscall.SIGTERM)
	require.Zero(t, g.exit())
	assert.Empty(t, c.named("GET /healthz"))
	assert.Empty(t, c.named("GET /"), "that is no name of what asks for health")
	c.mu.Lock()
	defer c.mu.Unlock()
	assert.Equal(t, "Bearer of-the-collector", c.auth)
	sent := c.raw.String()
	for _, service := range []string{"rtm-gateway", "service.instance.id", "telemetry.sdk.version"} {
		assert.Contains(t, sent, service)
	}
	for _, secret := range []string{"nobody else", "in-person", "somebody-else", "hall-of-alice", "system-user", "not-a-token", "007eJ", signature, id, strings.TrimPrefix(id, "/"), restSecret, restKey + ":",
		pageCertificate, hookSecret, "secret-", "text-of-the-caller", "of-the-collector", "sig=", "127.0.0.1:"} {
		assert.NotContains(t, sent, secret)
	}
	assert.NotRegexp(t, `[0-9A-Za-z]{32}\.[\w-]+\.[\w-]{20,}\.`, sent, "a session's credential")
	for _, secret := range []string{"of-the-collector", "nobody else", signature} {
		assert.NotContains(t, g.text(), secret)
	}
}

// What was just done when the gateway is told to end is sent before it does, or the log says that the time for
// it was over.
func testTraceFlush(t *testing.T, program string) {
	c := startCollector(t)
	g, b := serveTraced(t, program, c.URL)
	b.do(http.MethodPost, "/rtm/users/system/peer_messages", `{"destination":"bob","payload":"x"}`)
	g.signal(syscall.SIGTERM)
	require.Zero(t, g.exit())
	if !strings.Contains(g.text(), "the last traces were not sent") {
		assert.Len(t, c.named("POST REST peer_messages"), 1)
	}
}

// With a ratio of 0 only what a caller records is.
func testTraceSample(t *testing.T, program string) {
	c := startCollector(t)
	g, _ := serveTraced(t, program, c.URL, "--trace-sample", "0")
	loginHeard(t, g.url, "alice")
	trace, _ := g.traceOf("session began")
	assert.Len(t, trace, 32, "lines have an id all the same")
	for _, flags := range []string{"00", "01"} {
		r, err := http.NewRequest(http.MethodGet, g.url+"/sdk/", nil)
		require.NoError(t, err)
		r.Header.Set("traceparent", "00-"+callersTrace+"-"+callersSpan+"-"+flags)
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		_ = answer.Body.Close()
	}
	c.await(t, "GET /sdk/", nil)
	g.signal(syscall.SIGTERM)
	require.Zero(t, g.exit())
	assert.Equal(t, "GET /sdk/", c.String())
}

func testTracesOff(t *testing.T, program string) {
	c := startCollector(t)
	g, b := serveTraced(t, program, "", "OTEL_EXPORTER_OTLP_ENDPOINT="+c.URL)
	loginHeard(t, g.url, "alice").send(t, "bob", "x")
	b.do(http.MethodPost, "/rtm/users/system/peer_messages", `{"destination":"bob","payload":"x"}`)
	g.signal(syscall.SIGTERM)
	require.Zero(t, g.exit())
	assert.Empty(t, c.raw.String())
	assert.NotContains(t, g.text(), "trace_id")
}

// servesOn has a gateway serve while its collector takes nothing: batches are lost, and the log says so.
func servesOn(t *testing.T, g *service) {
	t.Helper()
	alice, _ := loginHeard(t, g.url, "alice"), loginHeard(t, g.url, "bob")
	dropped := 0.0
	for range 3 { // batches
		for range 50 {
			require.True(t, alice.send(t, "bob", "x"))
		}
		before := dropped
		require.Eventually(t, func() bool {
			dropped = g.counts(t, `rtm_trace_spans_dropped_total{reason="not_taken"}`)
			return dropped > before
		}, waitLimit, 20*time.Millisecond)
	}
	assert.Zero(t, g.counts(t, "rtm_trace_spans_sent_total"))
	assert.Contains(t, g.text(), "the collector does not take traces")
	g.signal(syscall.SIGTERM)
	require.Zero(t, g.exit())
}

func testTraceRefused(t *testing.T, program string) {
	g, _ := serveTraced(t, program, "http://127.0.0.1:1/secret-path") // nobody listens there
	servesOn(t, g)
	assert.Contains(t, g.text(), "connection refused")
	assert.NotContains(t, g.text(), "secret-path")
}

func testTraceFails(t *testing.T, program string) {
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "the disk is full", http.StatusInternalServerError)
	}))
	t.Cleanup(broken.Close)
	g, _ := serveTraced(t, program, broken.URL+"/secret-path")
	servesOn(t, g)
	assert.Contains(t, g.text(), "500 Internal Server Error (body: the disk is full)")
	assert.NotContains(t, g.text(), "secret-path")
}

// A collector that takes requests and never answers holds up neither what is traced nor the end.
func testTraceHangs(t *testing.T, program string) {
	asked, over := make(chan struct{}, 100), make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-over
	}))
	t.Cleanup(hanging.Close)
	t.Cleanup(func() { close(over) })
	const never = "OTEL_EXPORTER_OTLP_TIMEOUT=600000"
	g, _ := serveTraced(t, program, hanging.URL, never)
	alice, _ := loginHeard(t, g.url, "alice"), loginHeard(t, g.url, "bob")
	next(t, asked)
	for range 150 { // fewer than a client may send at once
		require.True(t, alice.send(t, "bob", "x"))
	}
	g.signal(syscall.SIGTERM)
	require.Zero(t, g.exit())
	assert.Contains(t, g.text(), "the last traces were not sent")
}

func testTraceSettings(t *testing.T, program string) {
	c := startCollector(t)
	args := []string{"--listen", "127.0.0.1:0", "--data", t.TempDir(), "--trace"}
	verdicts, lines, _ := examine(t, program, append(args, c.URL)...)
	assert.Equal(t, "ok", verdicts["traces"], lines)
	assert.Len(t, c.named("rtm-gateway doctor"), 1)
	c.Close()
	verdicts, lines, code := examine(t, program, append(args, c.URL)...)
	assert.Equal(t, "fail", verdicts["traces"], lines)
	assert.Equal(t, 1, code)

	for said, setting := range map[string][]string{
		"such as http://127.0.0.1:4318":                          {"--trace", "localhost:4318"},
		"OTEL_EXPORTER_OTLP_HEADERS":                             {"--trace", "https://user:password@collector.example.org"},
		"--trace-sample goes with --trace":                       {"--trace-sample", "0.5"},
		"must be a number from 0 to 1":                           {"--trace", "http://127.0.0.1:4318", "--trace-sample", "5"},
		"OTEL_EXPORTER_OTLP_ENDPOINT is not set":                 {"--trace", "env"},
		"OTEL_EXPORTER_OTLP_HEADERS: entry 1":                    {"OTEL_EXPORTER_OTLP_HEADERS=Authorization Bearer password", "--trace", "http://127.0.0.1:4318"},
		"OTEL_EXPORTER_OTLP_CERTIFICATE: cannot read the file":   {"OTEL_EXPORTER_OTLP_CERTIFICATE=/secret-path/ca.pem", "--trace", "https://127.0.0.1:4318"},
		"# trace is not set\n# trace-sample 0.1  # default":      {"--print-config"},
		"trace https://collector.example.org  # --trace\ntrace-": {"--print-config", "--trace", "https://collector.example.org/secret-path", "--trace-sample", "1"},
	} {
		out := runSettings(t, program, setting...)
		assert.Contains(t, out, said)
		assert.NotContains(t, out, "password")
		assert.NotContains(t, out, "secret-path")
	}
	t.Run("from the variable", func(t *testing.T) {
		other := startCollector(t)
		g, _ := serveTraced(t, program, "env", "OTEL_EXPORTER_OTLP_ENDPOINT="+other.URL)
		loginHeard(t, g.url, "alice")
		other.await(t, "rtm login", nil)
	})
}

// runSettings runs the gateway where it ends at once, and returns all that it says. Variables of the exporter come
// before arguments.
func runSettings(t *testing.T, program string, args ...string) string {
	t.Helper()
	env := append(os.Environ(), "OTEL_EXPORTER_OTLP_ENDPOINT=", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=")
	for strings.HasPrefix(args[0], "OTEL_") {
		env, args = append(env, args[0]), args[1:]
	}
	cmd := exec.Command(program, args...)
	cmd.Env = env
	out, _ := cmd.CombinedOutput() // most of it is refused
	return string(out)
}
