package tests

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/tests/clamd"
)

// storing uploads content; result waits for the outcome.
func (m *member) storing(t *testing.T, content []byte) (result func() *core.Error) {
	errs := make(chan *core.Error, 1)
	m.host.Do(func() {
		m.Upload(m.host.Bytes(content), core.UploadParams{}, func(_, _ int64) {}, func(_ *core.Uploaded, err *core.Error) { errs <- err })
	})
	return func() *core.Error { return next(t, errs) }
}

// counts adds up the series of a metric that begin so.
func (s *service) counts(t *testing.T, series string) (sum float64) {
	t.Helper()
	answer, err := http.Get("http://" + s.metrics + "/metrics")
	require.NoError(t, err)
	defer answer.Body.Close()
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), series); ok {
			n, err := strconv.ParseFloat(rest[strings.LastIndexByte(rest, ' ')+1:], 64)
			require.NoError(t, err)
			sum += n
		}
	}
	return sum
}

func assertRejected(t *testing.T, err *core.Error, reason string) {
	t.Helper()
	require.NotNil(t, err)
	assert.Equal(t, core.Unavailable, err.Class)
	assert.Equal(t, core.UploadMediaErrFailure, err.Code)
	assert.Equal(t, 422, err.ServerCode)
	assert.Equal(t, "the gateway answered with status 422: the file was rejected: "+reason, err.Text)
}

func testScan(t *testing.T, program string) {
	d := clamd.Start(t)
	g := serve(t, program, "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--data", t.TempDir(), "--scan", d.URL())
	alice := login(t, g.addr(), "alice")
	alice.store(t, make([]byte, core.MaxMediaBytes))
	infected := append(make([]byte, 1<<20), clamd.Infected...)
	for _, content := range [][]byte{infected, infected[1<<20-1000:]} { // sent after the creation, and with it
		assertRejected(t, alice.storing(t, content)(), "found "+clamd.Found)
	}
	assert.Contains(t, g.text(), "an upload was rejected")

	// A scanner that dies during a scan and comes back: the upload goes on by itself.
	d.Pause()
	during := alice.storing(t, make([]byte, 1<<20))
	running := func() bool { return g.counts(t, `rtm_media_running{direction="upload"}`) == 1 }
	require.Eventually(t, running, waitLimit, 10*time.Millisecond)
	d.Kill()
	before := alice.storing(t, make([]byte, 1000))
	require.Eventually(t, func() bool {
		status, body := g.get("/readyz")
		return status == 200 && strings.Contains(body, `"name":"scanner","ok":false`)
	}, waitLimit, 10*time.Millisecond, "the gateway says so and serves on")
	failed := func() bool { return g.counts(t, `rtm_scans_total{result="failed"}`) > 0 }
	require.Eventually(t, failed, waitLimit, 10*time.Millisecond)
	verdicts, lines, code := examine(t, program, "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--scan", d.URL())
	assert.Equal(t, 1, code)
	assert.Equal(t, "fail", verdicts["scanner"], lines)
	d.Start()
	assert.Nil(t, during())
	assert.Nil(t, before())
	status, body := g.get("/readyz")
	assert.Equal(t, 200, status)
	assert.Contains(t, body, `"name":"scanner"`)
	assert.GreaterOrEqual(t, g.counts(t, `rtm_scans_total{result="clean"}`), 3.0)
	assert.EqualValues(t, 2, g.counts(t, `rtm_scans_total{result="rejected"}`))

	verdicts, lines, _ = examine(t, program, "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--scan", d.URL())
	assert.Equal(t, "ok", verdicts["scanner"], lines)
	for _, debian := range []string{"StreamMaxLength 25M", "MaxFileSize 25M", "AlertExceedsMax no"} {
		small := clamd.Start(t, debian)
		verdicts, lines, _ = examine(t, program, "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--scan", small.URL())
		assert.Equal(t, "fail", verdicts["scanner"], lines)
		assert.Contains(t, lines, "StreamMaxLength 31M, MaxFileSize 31M and AlertExceedsMax yes")
	}
}

// testScanHook has a hook that is written by the page docs/operating.md alone.
func testScanHook(t *testing.T, program string) {
	const secret = "a secret that the hook knows"
	var contentURL atomic.Value
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mac := hmac.New(sha256.New, []byte(secret))
		fmt.Fprintf(mac, "%s.%s.%s", r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp"), body)
		if r.Header.Get("webhook-signature") != "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		var question struct {
			URL  string
			Ping bool
		}
		if json.Unmarshal(body, &question) != nil || question.Ping {
			return
		}
		contentURL.Store(question.URL)
		answer, err := http.Get(question.URL)
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		defer answer.Body.Close()
		content, err := io.ReadAll(answer.Body)
		if err != nil || bytes.Contains(content, []byte("cat")) {
			fmt.Fprint(w, `{"allow":false,"reason":"no 猫 here, 100%"}`)
			return
		}
		fmt.Fprint(w, `{"allow":true}`)
	}))
	defer hook.Close()
	config := filepath.Join(t.TempDir(), "conf")
	require.NoError(t, os.WriteFile(config, []byte("scan-secret "+secret+"\n"), 0o600))
	g := serve(t, program, "--config", config, "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--scan", hook.URL)
	alice := login(t, g.addr(), "alice")
	alice.store(t, bytes.Repeat([]byte("dog"), 1<<20))
	assertRejected(t, alice.storing(t, bytes.Repeat([]byte("cat"), 1<<20))(), "no 猫 here, 100%")
	answer, err := http.Get(contentURL.Load().(string))
	require.NoError(t, err)
	answer.Body.Close()
	assert.Equal(t, 404, answer.StatusCode, "the scan is over")
	_, body := g.get("/readyz")
	assert.Contains(t, body, `{"name":"scanner","ok":true,"advisory":true}`)
	assert.NotContains(t, g.text(), secret)
}
