package natsengine

import (
	"bytes"
	"log/slog"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A start with other settings changes nothing that exists, and says so; the explicit command
// changes it, and only when it is told to.
func TestExistingStreamsStayAsTheyAre(t *testing.T) {
	dir := t.TempDir()
	open := func(age time.Duration) (*Engine, string) {
		var log bytes.Buffer
		e, err := Open(t.Context(), Options{Dir: dir, MediaMaxAge: age, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		require.NoError(t, err)
		return e, log.String()
	}
	e, log := open(time.Hour)
	assert.Empty(t, log)
	e.Close()

	e, log = open(2 * time.Hour)
	assert.Equal(t, time.Hour, e.media.stream.CachedInfo().Config.MaxAge)
	assert.Equal(t, time.Hour, e.media.maxAge, "what is told to clients is what is so")
	e.Close()
	for _, want := range []string{"max_age", "1h0m0s", "2h0m0s", "MEDIA KV_MEDIA_INFO", "rtm-gateway streams --apply"} {
		assert.Contains(t, log, want)
	}

	want := []Change{{mediaStream, "max_age", "1h0m0s", "2h0m0s"}, {kvStream + mediaBucket, "max_age", "1h0m0s", "2h0m0s"}}
	for _, apply := range []bool{false, true} {
		changes, err := ChangeStreams(t.Context(), Options{Dir: dir, MediaMaxAge: 2 * time.Hour}, apply)
		require.NoError(t, err)
		assert.Equal(t, want, changes, "apply: %v", apply)
	}
	changes, err := ChangeStreams(t.Context(), Options{Dir: dir, MediaMaxAge: 2 * time.Hour}, false)
	require.NoError(t, err)
	assert.Empty(t, changes)

	changes, err = ChangeStreams(t.Context(), Options{Dir: dir, MediaMaxAge: time.Minute}, true)
	require.NoError(t, err)
	assert.Len(t, changes, 2)
	e, log = open(time.Minute)
	defer e.Close()
	assert.Empty(t, log)
	assert.Equal(t, time.Minute, e.media.maxAge)
}

// Whatever setting of the layout differs, it is seen, and merged puts it right.
func TestDifferences(t *testing.T) {
	opts, err := Options{Dir: "x"}.withDefaults()
	require.NoError(t, err)
	for _, want := range opts.layout() {
		want = withReplicas(want, 3)
		for setting, spoil := range map[string]func(*jetstream.StreamConfig){
			"subjects":                  func(c *jetstream.StreamConfig) { c.Subjects = []string{"x"} },
			"storage":                   func(c *jetstream.StreamConfig) { c.Storage = 1 - c.Storage },
			"replicas":                  func(c *jetstream.StreamConfig) { c.Replicas = 1 },
			"max_age":                   func(c *jetstream.StreamConfig) { c.MaxAge++ },
			"max_msgs_per_subject":      func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject += 2 },
			"subject_delete_marker_ttl": func(c *jetstream.StreamConfig) { c.SubjectDeleteMarkerTTL++ },
			"allow_direct":              func(c *jetstream.StreamConfig) { c.AllowDirect = !c.AllowDirect },
		} {
			have := want
			spoil(&have)
			changes := differences(have, want)
			require.Len(t, changes, 1, "%s of %s", setting, want.Name)
			assert.Equal(t, setting, changes[0].Setting)
			assert.Equal(t, want.Name, changes[0].Stream)
			assert.Empty(t, differences(merged(have, want), want))
		}
	}
}
