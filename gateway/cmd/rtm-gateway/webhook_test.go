package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWebhookSettings(t *testing.T) {
	const url, secret = "https://user:word@hook.example.com/path?key=1", "0123456789abcdef"
	for _, c := range []struct {
		args []string
		want string // in the error
	}{
		{[]string{"--webhook", url, "--webhook-secret", secret}, ""},
		{[]string{"--webhook", url, "--webhook-secret", secret + "," + secret + "2", "--webhook-events", "login,peer_message", "--webhook-content"}, ""},
		{[]string{"--webhook", url}, "--webhook needs --webhook-secret"},
		{[]string{"--webhook", url, "--webhook-secret", "short"}, "at least 16 bytes"},
		{[]string{"--webhook-secret", secret}, "goes with --webhook"},
		{[]string{"--webhook", "hook.example.com", "--webhook-secret", secret}, "https://backend.example.org"},
		{[]string{"--webhook", url, "--webhook-secret", secret, "--webhook-events", "logins"}, "it must be one of login,"},
		{[]string{"--webhook", url, "--webhook-secret", secret, "--webhook-timeout", "2m"}, "from 1s to 1m"},
		{[]string{"--webhook", url, "--webhook-secret", secret, "--webhook-max-age", "1s"}, "at least 1m"},
		{[]string{"--webhook", url, "--webhook-secret", secret, "--webhook-max-bytes", "1KiB"}, "at least 1MiB"},
	} {
		o, err := parse(append(c.args, "--development"), io.Discard)
		if c.want != "" {
			assert.ErrorContains(t, err, c.want, c.args)
			assert.NotContains(t, err.Error(), secret)
			continue
		}
		require.NoError(t, err, c.args)
		var shown bytes.Buffer
		o.settings.print(&shown)
		assert.Contains(t, shown.String(), "webhook https://hook.example.com  #")
		for _, hidden := range []string{secret, "word", "key=1", "path"} {
			assert.NotContains(t, shown.String(), hidden)
		}
	}
}

func TestWebhookTest(t *testing.T) {
	var got *http.Request
	var body []byte
	answer := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(answer)
		_, _ = io.WriteString(w, "thanks\x1b[2J")
	}))
	defer server.Close()
	call := func(args ...string) (code int, out, complaint string) {
		var stdout, stderr bytes.Buffer
		code = run(t.Context(), append([]string{"webhook-test"}, args...), &stdout, &stderr)
		return code, stdout.String(), stderr.String()
	}
	t.Setenv("RTM_WEBHOOK_SECRET", "0123456789abcdef")
	code, out, complaint := call("--webhook", server.URL+"/rtm")
	assert.Equal(t, 0, code, complaint)
	assert.Contains(t, out, `"type":"test"`)
	assert.Contains(t, out, "status 200")
	assert.Contains(t, out, "thanks[2J\n", "nothing that moves a terminal's cursor")
	assert.Equal(t, "/rtm", got.URL.Path)
	assert.NotEmpty(t, got.Header.Get("Webhook-Signature"))
	assert.Contains(t, out, string(body))

	assert.Regexp(t, `^ok +webhook +the hook accepts events`, examined(t, server.URL))
	assert.Empty(t, examined(t, ""), "without a hook the doctor says nothing of one")

	answer = http.StatusUnauthorized
	assert.Regexp(t, `^fail +webhook +.*status 401: check that it has the secret`, examined(t, server.URL))
	code, out, complaint = call("--webhook", server.URL)
	assert.Equal(t, 1, code)
	assert.Contains(t, out, "status 401")
	assert.Contains(t, complaint, "check that it has the secret")

	server.Close()
	code, _, complaint = call("--webhook", server.URL)
	assert.Equal(t, 1, code)
	assert.Contains(t, complaint, "call the hook")

	code, _, complaint = call()
	assert.Equal(t, 2, code)
	assert.Contains(t, complaint, "--webhook")
	code, out, _ = call("--help")
	assert.Equal(t, 0, code)
	assert.Contains(t, out, "Usage: rtm-gateway webhook-test")
	assert.Contains(t, out, "--webhook-secret")
	assert.NotContains(t, out, "--media-max-age")
}

// examined is what the doctor says of a hook.
func examined(t *testing.T, url string) string {
	t.Helper()
	var out bytes.Buffer
	e := &examination{out: &out}
	e.webhook.url, e.webhook.secrets = webhookURL(url), webhookSecrets{"0123456789abcdef"}
	e.checkWebhook(t.Context())
	return out.String()
}
