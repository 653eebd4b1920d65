package main

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestScanSettings(t *testing.T) {
	const hook, clamd, secret = "https://user:word@hook.example.com/scan?key=1", "clamd:///run/clamav/clamd.ctl", "0123456789abcdef"
	for _, c := range []struct {
		args []string
		err  string // "": they are good
	}{
		{[]string{"--scan", clamd}, ""},
		{[]string{"--scan", clamd, "--scan-timeout", "100s", "--scan-unavailable", "pass"}, ""},
		{[]string{"--scan", hook, "--scan-secret", secret}, ""},
		{[]string{"--scan", hook, "--scan-secret", secret, "--scan-url-base", "http://gw1:8080/", "--listen", "0.0.0.0:8080", "--development"}, ""},
		{[]string{"--scan", hook}, "--scan-secret"},
		{[]string{"--scan", hook, "--scan-secret", "short"}, "at least 16 bytes"},
		{[]string{"--scan", hook, "--scan-secret", secret, "--listen", "0.0.0.0:8080", "--development"}, "needs --scan-url-base"},
		{[]string{"--scan", hook, "--scan-secret", secret, "--listen", ":8080", "--development"}, "needs --scan-url-base"},
		{[]string{"--scan", hook, "--scan-secret", secret, "--tls-cert", "a", "--tls-key", "b"}, "needs --scan-url-base"},
		{[]string{"--scan", hook, "--scan-secret", secret, "--scan-url-base", "gw1:8080"}, "--scan-url-base"},
		{[]string{"--scan", clamd, "--scan-secret", secret}, "go with a hook"},
		{[]string{"--scan", clamd, "--scan-timeout", "500ms"}, "from 1s to 1m40s"},
		{[]string{"--scan", clamd, "--scan-timeout", "101s"}, "from 1s to 1m40s"},
		{[]string{"--scan", clamd, "--scan-unavailable", "allow"}, "refuse or pass"},
		{[]string{"--scan", "127.0.0.1:3310"}, "--scan: it must be such as"},
		{[]string{"--scan", ""}, "given and empty"},
		{[]string{"--scan-unavailable", "pass"}, "go with --scan"},
		{[]string{"--scan-secret", secret}, "go with --scan"},
	} {
		_, err := parse(c.args, io.Discard)
		if c.err == "" {
			assert.NoError(t, err, c.args)
			continue
		}
		if assert.ErrorContains(t, err, c.err, c.args) {
			assert.NotContains(t, err.Error(), secret)
			assert.NotContains(t, err.Error(), "word")
		}
	}
	o, err := parse([]string{"--scan", hook, "--scan-secret", secret}, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, time.Minute, o.scan.timeout)
	var shown bytes.Buffer
	o.settings.print(&shown)
	assert.Contains(t, shown.String(), "scan-secret ***")
	for _, hidden := range []string{secret, "word", "key=1", "/scan"} {
		assert.NotContains(t, shown.String(), hidden)
	}
}
