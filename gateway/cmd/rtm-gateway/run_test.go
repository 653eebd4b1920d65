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

	"rtmwasm/gateway/natsengine"
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
	case <-time.After(time.Minute):
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

	blocked := t.TempDir() // of media
	require.NoError(t, os.WriteFile(filepath.Join(blocked, "files"), nil, 0o600))

	used := t.TempDir()
	engine, err := natsengine.Open(t.Context(), natsengine.Options{Dir: used})
	require.NoError(t, err)
	t.Cleanup(engine.Close)

	for _, test := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"port in use", []string{"--listen", taken.Addr().String(), "--data", t.TempDir()}, 1, "address already in use: stop the program that uses it"},
		{"data is a file", []string{"--listen", "127.0.0.1:0", "--data", file}, 1, "not a directory: give the gateway's user a folder"},
		{"data in use", []string{"--listen", "127.0.0.1:0", "--data", used}, 1, "is in use by another gateway: stop that gateway"},
		{"address of another machine", []string{"--listen", "203.0.113.5:0", "--development", "--data", t.TempDir()}, 1, "no interface of this machine has this address"},
		{"no port", []string{"--listen", "127.0.0.1"}, 2, "must be an address and a port"},
		{"no such port", []string{"--metrics", "127.0.0.1:99999"}, 2, "must be an address and a port"},
		{"unknown flag", []string{"--lisen", "x"}, 2, "lisen"},
		{"argument", []string{"x"}, 2, "unexpected argument"},
		{"subcommand", []string{"docter"}, 2, "did you mean doctor?"},
		{"media age", []string{"--media-max-age", "1ms"}, 2, "at least 1s"},
		{"data and nats", []string{"--nats", "nats://127.0.0.1:1", "--data", t.TempDir()}, 2, "exclude each other"},
		{"nats without media", []string{"--nats", "nats://127.0.0.1:1"}, 2, "--nats needs --media: name a folder that all gateways share"},
		{"the folder of media can't be used", []string{"--listen", "127.0.0.1:0", "--data", t.TempDir(), "--media", blocked}, 1, "--media: in " + blocked + ": mkdirat files: file exists: give the gateway's user a folder"},
		{"media is a file", []string{"--listen", "127.0.0.1:0", "--data", t.TempDir(), "--media", file}, 1, "--media: mkdir " + file + ": not a directory: give the gateway's user a folder"},
		{"nats options without nats", []string{"--replicas", "3"}, 2, "go with --nats"},
		{"replicas", []string{"--nats", "nats://127.0.0.1:1", "--replicas", "2"}, 2, "1, 3 or 5"},
		{"certificate without key", []string{"--nats", "nats://127.0.0.1:1", "--nats-cert", "x"}, 2, "go together"},
		{"no such cluster", []string{"--listen", "127.0.0.1:0", "--nats", "nats://u:hunter2@127.0.0.1:1", "--media", t.TempDir()}, 1, "--nats nats://***@127.0.0.1:1: natsengine: connect: nats: no servers available for connection: check that NATS runs"},
		{"no NATS", []string{"--nats", "http://u:hunter2@127.0.0.1:1"}, 2, "--nats: URL 1 begins with http://"},
		{"space in a list", []string{"--nats", "nats://127.0.0.1:1,b hunter2"}, 2, "--nats: URL 2 is empty or has a space"},
		{"help", []string{"--help"}, 0, "/healthz"},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a gateway that starts would run on
			defer cancel()
			var out bytes.Buffer
			assert.Equal(t, test.code, run(ctx, test.args, &out, &out))
			assert.Contains(t, out.String(), test.says)
			assert.NotContains(t, out.String(), "hunter2")
		})
	}
}

func TestVersion(t *testing.T) {
	var out bytes.Buffer
	assert.Zero(t, run(t.Context(), []string{"--version"}, &out, io.Discard))
	assert.Contains(t, out.String(), "rtm-gateway")
}
