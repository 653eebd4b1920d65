package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"7d": 7 * day, "1d12h": 36 * time.Hour, "0d": 0, "24h": day, "1h30m": 90 * time.Minute, "1.5h": 90 * time.Minute, "-1s": -time.Second, "106750d": 106750 * day,
	} {
		var d duration
		assert.NoError(t, d.Set(text), text)
		assert.Equal(t, want, time.Duration(d), text)
	}
	for text, value := range map[string]time.Duration{
		"7d": 7 * day, "1d": day, "36h": 36 * time.Hour, "1h": time.Hour, "1h30m": 90 * time.Minute, "1h0m1s": time.Hour + time.Second,
		"10m": 10 * time.Minute, "30s": 30 * time.Second, "1m30s": 90 * time.Second, "0s": 0, "1.5s": 1500 * time.Millisecond, "-1h": -time.Hour, "-24h": -day,
	} {
		assert.Equal(t, text, duration(value).String())
		var d duration
		assert.NoError(t, d.Set(text), text)
		assert.Equal(t, value, time.Duration(d), text)
	}
	for _, text := range []string{"", "d", "7", "7 d", "-1d", "1.5d", "1d-1h", "1h1d", "7days", "106751d", "106750d2562047h", "99999999999999999999d"} {
		var d duration
		assert.ErrorIs(t, d.Set(text), errDuration, text)
	}
}

// The help of each command shows defaults as people write them: 7d, not 168h0m0s.
func TestHelpShowsShortDurations(t *testing.T) {
	found := map[string]string{}
	for _, command := range append([]string{""}, subcommands...) {
		var help, errs bytes.Buffer
		args := append(strings.Fields(command), "--help")
		assert.Zero(t, run(t.Context(), args, &help, &errs), "%s: %s", command, &errs)
		shown := regexp.MustCompile(`(?m)^  --(\S+) duration\n.*\(default (\S+)\)$`).FindAllStringSubmatch(help.String(), -1)
		for _, flag := range shown {
			found[strings.TrimSpace(command+" "+flag[1])] = flag[2]
			assert.Regexp(t, `^\d+[smhd]$`, flag[2], "%s --%s", command, flag[1])
		}
		assert.Len(t, shown, strings.Count(help.String(), " duration\n"), command) // all flags of this kind
	}
	assert.Equal(t, "7d", found["media-max-age"])
	assert.Contains(t, found, "media-url expires")
	assert.Contains(t, found, "admin expires")
}
