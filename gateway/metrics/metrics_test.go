package metrics_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
	"rtmwasm/gateway"
	"rtmwasm/gateway/mediastore/storetest"
	"rtmwasm/gateway/metrics"
	"rtmwasm/gateway/natsengine"
)

const app = "0123456789abcdef0123456789abcdef"

// scrape returns what Prometheus would get.
func scrape(t *testing.T, m *metrics.Metrics) string {
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, 200, answer.Code)
	return answer.Body.String()
}

// hello logs in over a new socket and returns it and the answer.
func hello(t *testing.T, url string, h *wire.Hello) (*websocket.Conn, *wire.ServerFrame) {
	ws, _, err := websocket.Dial(t.Context(), strings.Replace(url, "http", "ws", 1)+"/rtm", nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = ws.CloseNow() })
	h.Version = 1
	send(t, ws, &wire.ClientFrame{Id: 1, Hello: h})
	_, b, err := ws.Read(t.Context())
	require.NoError(t, err)
	var f wire.ServerFrame
	require.NoError(t, f.UnmarshalVT(b))
	return ws, &f
}

func send(t *testing.T, ws *websocket.Conn, f *wire.ClientFrame) {
	b, err := f.MarshalVT()
	require.NoError(t, err)
	require.NoError(t, ws.Write(t.Context(), websocket.MessageBinary, b))
}

func TestWhatHappensIsCounted(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	engine, err := natsengine.Open(t.Context(), natsengine.Options{Dir: t.TempDir(), Logger: log})
	require.NoError(t, err)
	t.Cleanup(engine.Close)
	m := metrics.New()
	atStart := series(t, m)
	server, err := gateway.New(gateway.Config{Engine: engine, MediaStore: storetest.New(t, engine.MediaRecords()), Meter: m, Logger: log})
	require.NoError(t, err)
	site := httptest.NewServer(server.Handler())
	t.Cleanup(site.Close)
	t.Cleanup(func() { require.NoError(t, server.Close(context.Background())) })

	ws, f := hello(t, site.URL, &wire.Hello{AppId: app, Uid: "ada-the-first"})
	require.NotNil(t, f.Welcome)
	send(t, ws, &wire.ClientFrame{Id: 2, Join: &wire.Join{Channel: "hall-of-fame"}})
	r, err := http.NewRequest("POST", site.URL+"/media/", strings.NewReader("content"))
	require.NoError(t, err)
	for k, v := range map[string]string{"Authorization": "Bearer " + f.Welcome.Credential, "Tus-Resumable": "1.0.0",
		"Upload-Length": "7", "Content-Type": "application/offset+octet-stream"} {
		r.Header.Set(k, v)
	}
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	require.Equal(t, 201, answer.StatusCode)
	require.NoError(t, ws.CloseNow())
	_, again := hello(t, site.URL, &wire.Hello{AppId: app, Uid: "ada-the-first",
		Resume: &wire.Resume{SessionId: f.Welcome.SessionId, Credential: f.Welcome.Credential}})
	require.True(t, again.Welcome.Resumed)
	_, refused := hello(t, site.URL, &wire.Hello{AppId: "short", Uid: "bob"})
	require.NotNil(t, refused.Refusal)

	for _, want := range []string{
		"rtm_sessions 1\n", "rtm_sessions_begun_total 1\n", "rtm_sessions_resumed_total 1\n",
		`rtm_logins_refused_total{reason="UNKNOWN_APP"} 1` + "\n",
		`rtm_frames_total{direction="in"} 1` + "\n", `rtm_frames_total{direction="out"}`,
		`rtm_media_requests_total{direction="upload",result="done"} 1` + "\n",
		`rtm_media_bytes_total{direction="upload"} 7` + "\n", `rtm_media_running{direction="upload"} 0` + "\n",
		`rtm_engine_seconds_count{call="claim"} 1` + "\n", `rtm_engine_seconds_count{call="enter"} 1` + "\n",
		"process_resident_memory_bytes", "go_goroutines",
	} {
		assert.Eventually(t, func() bool { return strings.Contains(scrape(t, m), want) }, time.Minute, 5*time.Millisecond, "%s in\n%s", want, scrape(t, m))
	}
	for _, secret := range []string{app, "ada-the-first", "hall-of-fame", f.Welcome.SessionId, f.Welcome.Credential} {
		assert.NotContains(t, scrape(t, m), secret)
	}
	for name := range series(t, m) {
		assert.Contains(t, atStart, name, "it must be there from the start")
	}
}

// series are the gateway's own, with their labels, and their values.
func series(t *testing.T, m *metrics.Metrics) map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(scrape(t, m)) {
		if i := strings.LastIndexByte(line, ' '); strings.HasPrefix(line, "rtm_") {
			all[line[:i]] = strings.TrimSpace(line[i:])
		}
	}
	return all
}

// What a gateway is asked for shows its state at that moment.
func TestState(t *testing.T) {
	m := metrics.New()
	expiry := time.Unix(1900000000, 0)
	checks := []gateway.Check{{Name: "disk"}, {Name: "scanner", Err: assert.AnError, Advisory: true}}
	m.Watch(metrics.State{
		Ready: func(context.Context) []gateway.Check { return checks }, SessionsLimit: 5, MemoryLimit: 1 << 30,
		Folders: map[string]string{"data": t.TempDir(), "media": "/no such folder"}, CertificateExpiry: func() time.Time { return expiry },
	})
	all := series(t, m)
	for name, want := range map[string]string{
		"rtm_ready": "1", `rtm_check_failing{check="disk"}`: "0", `rtm_check_failing{check="scanner"}`: "1",
		"rtm_sessions_limit": "5", "rtm_memory_limit_bytes": "1.073741824e+09", "rtm_certificate_expiry_timestamp_seconds": "1.9e+09",
	} {
		assert.Equal(t, want, all[name], name)
	}
	assert.NotEqual(t, "0", all[`rtm_disk_size_bytes{folder="data"}`])
	assert.NotContains(t, all, `rtm_disk_free_bytes{folder="media"}`)
	checks[0].Err, expiry = assert.AnError, expiry.Add(1e9*time.Second)
	all = series(t, m)
	assert.Equal(t, "0", all["rtm_ready"])
	assert.Equal(t, "1", all[`rtm_check_failing{check="disk"}`])
	assert.Equal(t, "2.9e+09", all["rtm_certificate_expiry_timestamp_seconds"])
}

// All that can be counted is 0 at the start: the sources tell what there is.
func TestMetricsBeginAtZero(t *testing.T) {
	m := metrics.New()
	all := series(t, m)
	for name, value := range all {
		if strings.HasPrefix(name, "rtm_build_info{") {
			assert.Equal(t, "1", value)
			assert.Contains(t, name, `goversion="`+runtime.Version()+`"`)
			continue
		}
		assert.Equal(t, "0", value, name)
	}
	source := func(file, pattern string) (found []string) {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
			found = append(found, match[1])
		}
		require.NotEmpty(t, found)
		return found
	}
	for _, call := range source("../meter.go", `start\("(\w+)"\)`) {
		assert.Contains(t, all, `rtm_engine_errors_total{call="`+call+`"}`)
		assert.Contains(t, all, `rtm_engine_seconds_count{call="`+call+`"}`)
	}
	for _, code := range source("../../core/wire/closecode.go", `Close\w+ += (4\d\d\d) `) {
		assert.Contains(t, all, `rtm_sockets_closed_total{code="`+code+`"}`)
	}
	for _, reason := range source("../../core/wire/rtm.pb.go", `Refusal_([A-Z_]+)\s+Refusal_Reason = \d`) {
		assert.Contains(t, all, `rtm_logins_refused_total{reason="`+reason+`"}`)
	}
	for _, result := range source("../media/meter.go", `\w+\s+Result = "(\w+)"`) {
		assert.Contains(t, all, `rtm_media_requests_total{direction="upload",result="`+result+`"}`)
	}
}
