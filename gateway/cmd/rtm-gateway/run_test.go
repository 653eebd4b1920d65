package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRunServesUntilTold(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, w := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"--listen", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "new")}, io.Discard, w)
		_ = w.Close()
	}()
	lines := bufio.NewScanner(r)
	url := ""
	for url == "" && lines.Scan() {
		if m := regexp.MustCompile(`listening url=(http://127\.0\.0\.1:\d+)`).FindStringSubmatch(lines.Text()); m != nil {
			url = m[1]
		}
	}
	require.NotEmpty(t, url)
	go func() { _, _ = io.Copy(io.Discard, r) }()

	response, err := http.Get(url + "/healthz")
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, "ok\n", string(body))

	cancel()
	select {
	case c := <-code:
		assert.Zero(t, c)
	case <-time.After(20 * time.Second):
		require.Fail(t, "it does not end")
	}
	_, err = http.Get(url + "/healthz")
	require.Error(t, err)
}

func TestRunFails(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = taken.Close() })
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))

	for _, test := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"port in use", []string{"--listen", taken.Addr().String(), "--data", t.TempDir()}, 1, "address already in use"},
		{"data is a file", []string{"--listen", "127.0.0.1:0", "--data", file}, 1, "not a directory"},
		{"unknown flag", []string{"--lisen", "x"}, 2, "lisen"},
		{"argument", []string{"x"}, 2, "unexpected argument"},
		{"media age", []string{"--media-max-age", "1ms"}, 2, "at least 1s"},
		{"data and nats", []string{"--nats", "nats://127.0.0.1:1", "--data", t.TempDir()}, 2, "exclude each other"},
		{"nats options without nats", []string{"--replicas", "3"}, 2, "go with --nats"},
		{"replicas", []string{"--nats", "nats://127.0.0.1:1", "--replicas", "2"}, 2, "1, 3 or 5"},
		{"certificate without key", []string{"--nats", "nats://127.0.0.1:1", "--nats-cert", "x"}, 2, "go together"},
		{"no such cluster", []string{"--listen", "127.0.0.1:0", "--nats", "nats://127.0.0.1:1"}, 1, "no servers available"},
		{"help", []string{"--help"}, 0, "/healthz"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			assert.Equal(t, test.code, run(t.Context(), test.args, &out, &out))
			assert.Contains(t, out.String(), test.says)
		})
	}
}

func TestVersion(t *testing.T) {
	var out bytes.Buffer
	assert.Zero(t, run(t.Context(), []string{"--version"}, &out, io.Discard))
	assert.Contains(t, out.String(), "rtm-gateway")
}
