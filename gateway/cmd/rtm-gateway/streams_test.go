package main

import (
	"bytes"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/natsengine"
)

// --apply changes what is given, wherever it is given, and no stream to a default.
func TestStreamsApplyWhatIsGiven(t *testing.T) {
	dir := t.TempDir()
	e, err := natsengine.Open(t.Context(), natsengine.Options{Dir: dir, MediaMaxAge: 720 * time.Hour, UserMail: 7, AppMail: 8, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	e.Close()
	streams := func(args ...string) string {
		t.Helper()
		var out bytes.Buffer
		require.Zero(t, run(t.Context(), append([]string{"streams", "--data", dir}, args...), &out, &out), out.String())
		return out.String()
	}
	out := streams("--apply")
	for _, stays := range []string{`RTM_MEDIA_USAGE +max_age +822h51m26s +stays`,
		`RTM_MAIL_USERS +max_msgs_per_subject +7 +stays`, `RTM_MAIL_APPS +max_msgs_per_subject +8 +stays`} {
		assert.Regexp(t, stays, out)
	}
	assert.Contains(t, out, "nothing was changed: give the settings to change")

	t.Setenv("RTM_MAX_USER_MAIL", "9")
	file := configFile(t, "max-app-mail 1000000\n") // a default, when given, is a setting as others
	assert.Contains(t, streams("--config", file), "nothing was changed: give --apply")
	out = streams("--config", file, "--apply")
	for _, line := range []string{`RTM_MEDIA_USAGE +max_age +822h51m26s +stays`, `RTM_MAIL_USERS +max_msgs_per_subject +7 +-> 9`, `RTM_MAIL_APPS +max_msgs_per_subject +8 +-> 1000000`, `(?m)^changed$`} {
		assert.Regexp(t, line, out)
	}
	out = streams("--config", file, "--media-max-age", "168h", "--apply")
	assert.Regexp(t, `RTM_MEDIA_USAGE +max_age +822h51m26s +-> 8d`, out)
	assert.NotContains(t, out, "stays")
	assert.Contains(t, streams("--config", file), "all streams that exist are as the settings say")
}
