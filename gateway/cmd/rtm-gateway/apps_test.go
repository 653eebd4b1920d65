package main

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway"
	"rtmwasm/gateway/token"
)

const (
	app         = "0123456789abcdef0123456789abcdef"
	otherApp    = "ffffffffffffffffffffffffffffffff"
	certificate = "fedcba9876543210fedcba9876543210"
)

func appsFile(t *testing.T, mode os.FileMode, content string) string {
	file := filepath.Join(t.TempDir(), "apps.txt")
	require.NoError(t, os.WriteFile(file, []byte(content), mode))
	return file
}

func TestAppsComeFromEverywhere(t *testing.T) {
	t.Setenv("RTM_APP", otherApp+":"+certificate+",\n "+otherApp+":"+app+" "+strings.Repeat("a", 32))
	var log bytes.Buffer
	o, err := parse([]string{"--apps", appsFile(t, 0o600, app+" "+certificate)}, &log)
	require.NoError(t, err)
	apps, err := o.apps.load(slog.New(slog.NewTextHandler(&log, nil)))
	require.NoError(t, err)
	assert.Equal(t, []string{app, strings.Repeat("a", 32), otherApp}, apps.IDs())
	assert.Empty(t, log.String(), "the file is private")

	assert.Same(t, apps, authorizer(apps, slog.New(slog.NewTextHandler(&log, nil))))
	assert.Equal(t, 2, strings.Count(log.String(), "tokens are required"))
	assert.Equal(t, 1, strings.Count(log.String(), "without a token"))
	assert.NotContains(t, log.String(), certificate)
}

func TestDevelopmentModeIsSaid(t *testing.T) {
	var log bytes.Buffer
	assert.Equal(t, gateway.Development{}, authorizer(&gateway.Apps{}, slog.New(slog.NewTextHandler(&log, nil))))
	assert.Contains(t, log.String(), "every app id")
}

func TestAFileThatOthersReadIsWarnedOf(t *testing.T) {
	var log bytes.Buffer
	_, err := (&appSources{file: fileName(appsFile(t, 0o644, app+" "+certificate))}).load(slog.New(slog.NewTextHandler(&log, nil)))
	require.NoError(t, err)
	assert.Contains(t, log.String(), "chmod 600")
}

// What is wrong with the apps ends the start: it never lets everybody in, and shows no
// certificate.
func TestBadAppsStopTheStart(t *testing.T) {
	for name, args := range map[string][]string{
		"app id":            {"--app", "short"},
		"certificate":       {"--app", app + ":" + certificate + "x"},
		"colon only":        {"--app", app + ":"},
		"both ways":         {"--app", app, "--app", app + ":" + certificate},
		"no app":            {"--app", ""},
		"no file":           {"--apps", ""},
		"not a file":        {"--apps", app + ":" + certificate},
		"missing file":      {"--apps", filepath.Join(t.TempDir(), "none")},
		"empty file":        {"--apps", appsFile(t, 0o600, "# nothing yet\n")},
		"file out of order": {"--apps", appsFile(t, 0o600, app+" : "+certificate)},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var out bytes.Buffer
			args = append([]string{"--listen", "127.0.0.1:0", "--data", t.TempDir()}, args...)
			assert.NotZero(t, run(ctx, args, &out, &out))
			assert.Contains(t, out.String(), "app")
			assert.NotContains(t, out.String(), certificate)
			assert.NotContains(t, out.String(), "listening")
		})
	}
}

func TestTokenCommand(t *testing.T) {
	file := appsFile(t, 0o600, app+" "+certificate+"\n"+strings.Repeat("a", 32))
	for name, c := range map[string]struct {
		args   []string
		env    string
		prefix string
		lives  time.Duration
	}{
		"file":           {[]string{"--apps", file}, "", "007", 24 * time.Hour},
		"variable":       {[]string{"--app", app, "--expire", "90s"}, app + ":" + certificate, "007", 90 * time.Second},
		"flags, 006":     {[]string{"--app", app, "--certificate", certificate, "--version", "006", "--expire", "1h"}, "", "006", time.Hour},
		"one app of two": {[]string{"--app", app, "--apps", file}, otherApp + ":" + otherApp, "007", 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("RTM_APP", c.env)
			var out, errors bytes.Buffer
			before := time.Now()
			require.Zero(t, run(t.Context(), append([]string{"token", "--uid", "alice"}, c.args...), &out, &errors), errors.String())
			text := strings.TrimSuffix(out.String(), "\n")
			assert.Equal(t, c.prefix, text[:3])
			expiry, err := token.Verify(text, app, "alice", []string{certificate}, time.Now())
			require.NoError(t, err)
			assert.WithinDuration(t, before.Add(c.lives), expiry, 10*time.Second)
		})
	}
}

func TestTokenCommandFails(t *testing.T) {
	t.Setenv("RTM_APP", app+":"+certificate+" "+otherApp+":"+certificate)
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"no user":      {nil, "--uid"},
		"bad user":     {[]string{"--uid", "a*b"}, "--uid"},
		"which app":    {[]string{"--uid", "alice"}, "choose one"},
		"unknown app":  {[]string{"--uid", "alice", "--app", strings.Repeat("a", 32)}, "no certificate"},
		"two apps":     {[]string{"--uid", "alice", "--app", app, "--app", otherApp}, "once"},
		"too long":     {[]string{"--uid", "alice", "--app", app, "--expire", "25h"}, "1s to 24h"},
		"version":      {[]string{"--uid", "alice", "--app", app, "--version", "005"}, "006 or 007"},
		"certificate":  {[]string{"--uid", "alice", "--app", app, "--certificate", "short"}, "32"},
		"unknown flag": {[]string{"--user", "alice"}, "user"},
		"argument":     {[]string{"alice"}, "unexpected"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errors bytes.Buffer
			assert.Equal(t, 2, run(t.Context(), append([]string{"token"}, c.args...), &out, &errors))
			assert.Empty(t, out.String())
			assert.Contains(t, errors.String(), c.says)
			assert.NotContains(t, errors.String(), certificate)
		})
	}
	var out bytes.Buffer
	assert.Zero(t, run(t.Context(), []string{"token", "--help"}, &out, &out))
	assert.Contains(t, out.String(), "--expire")
}
