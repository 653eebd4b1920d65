package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// health runs the subcommand and returns its exit code and what it says.
func health(t *testing.T, args ...string) (code int, said string) {
	var out bytes.Buffer
	code = run(t.Context(), append([]string{"health"}, args...), &out, &out)
	return code, out.String()
}

func TestHealth(t *testing.T) {
	ready := false
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/healthz":
			_, _ = io.WriteString(w, "ok\n")
		case r.URL.Path == "/readyz" && ready:
			_, _ = io.WriteString(w, `{"ready":true}`)
		default:
			http.Error(w, "the disk is full", http.StatusServiceUnavailable)
			ready = true // the next time
		}
	}))
	t.Cleanup(site.Close)

	code, said := health(t, "--listen", strings.TrimPrefix(site.URL, "http://"))
	assert.Zero(t, code, said)
	code, said = health(t, "--ready", "--url", site.URL+"/")
	assert.Equal(t, 1, code)
	assert.Contains(t, said, "/readyz answers 503 Service Unavailable the disk is full")
	ready = false
	code, said = health(t, "--ready", "--url", site.URL, "--within", "20s")
	assert.Zero(t, code, said)

	site.Close()
	t.Setenv("RTM_LISTEN", strings.TrimPrefix(site.URL, "http://"))
	code, said = health(t)
	assert.Equal(t, 1, code)
	assert.Contains(t, said, "refused")
	code, said = health(t, "--within", "soon")
	assert.Equal(t, 2, code)
	assert.Contains(t, said, "for --within: it needs a number and a unit")
	code, said = health(t, "--help")
	assert.Zero(t, code)
	assert.Contains(t, said, "--within duration")
	assert.Contains(t, said, "--config FILE")
	assert.NotContains(t, said, "--media-max-age")
	assert.Contains(t, said, "see rtm-gateway --help")
}

// What has anything else answer is no gateway.
func TestHealthOfAnother(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "welcome") }))
	t.Cleanup(site.Close)
	code, _ := health(t, "--url", site.URL)
	assert.Equal(t, 1, code)
}

func TestHealthEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.Equal(t, 1, run(ctx, []string{"health", "--listen", "127.0.0.1:1", "--within", "1h"}, io.Discard, io.Discard))
}

func TestSelf(t *testing.T) {
	for listen, want := range map[string]string{
		":80":            "http://127.0.0.1:80",
		"0.0.0.0:80":     "http://127.0.0.1:80",
		"[::]:80":        "http://[::1]:80",
		"10.0.0.1:80":    "http://10.0.0.1:80",
		"localhost:8080": "http://localhost:8080",
	} {
		_, url := options{listen: listen}.self()
		assert.Equal(t, want, url)
	}
	_, url := options{listen: ":443", tls: tlsOptions{cert: "cert.pem"}}.self()
	assert.Equal(t, "https://127.0.0.1:443", url)
}
