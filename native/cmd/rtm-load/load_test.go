package main

import (
	"bytes"
	"context"
	"log/slog"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway"
	"rtmwasm/gateway/mediastore/storetest"
	"rtmwasm/gateway/natsengine"
	"rtmwasm/tests/cluster"
)

const (
	app         = "0123456789abcdef0123456789abcdef"
	certificate = "fedcba9876543210fedcba9876543210"
)

func startGateway(t *testing.T) *httptest.Server {
	quiet := slog.New(slog.DiscardHandler)
	engine, err := natsengine.Open(t.Context(), natsengine.Options{Dir: t.TempDir(), Logger: quiet})
	require.NoError(t, err)
	t.Cleanup(engine.Close)
	apps := &gateway.Apps{}
	require.NoError(t, apps.Add(app, certificate))
	server, err := gateway.New(gateway.Config{Engine: engine, MediaStore: storetest.New(t, engine.MediaRecords()), Authorizer: apps, Logger: quiet})
	require.NoError(t, err)
	web := httptest.NewServer(server.Handler())
	t.Cleanup(func() {
		_ = server.Close(context.Background())
		web.Close()
	})
	return web
}

func TestLoad(t *testing.T) {
	web := startGateway(t)
	var out, notes bytes.Buffer
	code := run(t.Context(), []string{
		"--gateway", web.URL, "--app", app, "--certificate", certificate,
		"--sessions", "12", "--ramp", "100ms", "--duration", "1s", "--settle", "30s", "--peer-rate", "60",
		"--channels", "2", "--members", "6", "--channel-rate", "20", "--uploads", "2", "--upload-size", "100000",
	}, &out, &notes)
	assert.Zero(t, code, out.String()+notes.String())
	assert.Regexp(t, `login +12 +– `, out.String())
	assert.Regexp(t, `join +12 +– `, out.String())
	count := func(what string) (n int) {
		t.Helper()
		line := regexp.MustCompile(what + ` +(\d+) `).FindStringSubmatch(out.String())
		require.NotNil(t, line, "%s in\n%s", what, out.String())
		n, _ = strconv.Atoi(line[1])
		return n
	}
	assert.Positive(t, count("peer message arrives"))
	assert.Equal(t, count("peer message is acknowledged"), count("peer message arrives"))
	assert.Positive(t, count("channel message arrives"))
	assert.Equal(t, 5*count("channel message is taken"), count("channel message arrives"), "to five each")
	assert.Positive(t, count("download"))
}

// All connections break once, under load. The report says how long clients took to connect again.
func TestComingBackIsTold(t *testing.T) {
	web := startGateway(t)
	relay, err := cluster.NewRelay(web.Listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(relay.Close)
	var out bytes.Buffer
	notes := &whenSaid{text: "running", do: relay.Cut}
	code := run(t.Context(), []string{
		"--gateway", "http://" + relay.Addr(), "--app", app, "--certificate", certificate,
		"--sessions", "12", "--ramp", "0s", "--duration", "5s", "--settle", "30s", "--peer-rate", "0", "--channels", "2", "--members", "6", "--channel-rate", "0",
	}, &out, notes)
	assert.Zero(t, code, out.String())
	assert.Regexp(t, `back after an interruption +12 +– `, out.String())
}

// whenSaid is a writer that calls do once, when text is written to it.
type whenSaid struct {
	text string
	do   func()
}

func (w *whenSaid) Write(p []byte) (int, error) {
	if w.do != nil && bytes.Contains(p, []byte(w.text)) {
		w.do()
		w.do = nil
	}
	return len(p), nil
}

func TestWhatGoesWrongIsTold(t *testing.T) {
	web := startGateway(t)
	for name, test := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no such flag":     {[]string{"--session", "3"}, 2, "--help"},
		"one user":         {[]string{"--sessions", "1"}, 2, "--sessions must be at least 2"},
		"too fast":         {[]string{"--sessions", "2", "--peer-rate", "1000"}, 2, "a client may send 60 messages a second"},
		"no address":       {[]string{"--gateway", "127.0.0.1:8080"}, 2, "is not an address such as http://"},
		"nobody there":     {[]string{"--gateway", "http://127.0.0.1:1", "--sessions", "2", "--ramp", "0s"}, 1, "not all users could log in: Error Code 1 - no gateway answers at http://127.0.0.1:1"},
		"another app":      {[]string{"--gateway", web.URL, "--app", strings.Repeat("b", 32), "--sessions", "2", "--ramp", "0s"}, 1, "not served here"},
		"no token":         {[]string{"--gateway", web.URL, "--app", app, "--sessions", "2", "--ramp", "0s"}, 1, "requires a token"},
		"small rooms":      {[]string{"--channels", "1", "--members", "1"}, 2, "--members"},
		"not a mere count": {[]string{"--sessions", "x"}, 2, "invalid value"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, notes bytes.Buffer
			assert.Equal(t, test.code, run(t.Context(), test.args, &out, &notes))
			assert.Contains(t, notes.String(), test.says)
		})
	}
}

// If a message was sent and did not arrive, the run fails.
func TestLossesAreTold(t *testing.T) {
	r := newReport()
	r.compare("peer messages", 10, 10)
	assert.False(t, r.bad())
	r.compare("peer messages", 10, 9)
	assert.True(t, r.bad())
	var out bytes.Buffer
	r.print(&out)
	assert.Contains(t, out.String(), "LOST peer messages: 10 should have come, 9 came")
}
