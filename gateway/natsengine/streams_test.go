package natsengine

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
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
	info, err := e.js.info(t.Context(), usageStream)
	require.NoError(t, err)
	assert.Equal(t, time.Hour, info.Config.MaxAge.Truncate(time.Hour))
	e.Close()
	for _, want := range []string{"max_age", "1h8m34s", "2h17m9s", "RTM_MEDIA_USAGE", "rtm-gateway streams --apply"} {
		assert.Contains(t, log, want)
	}

	change := func(age time.Duration, apply bool) (changes []Change) {
		t.Helper()
		require.NoError(t, ChangeStreams(t.Context(), Options{Dir: dir, MediaMaxAge: age}, func(c []Change) bool {
			changes = c
			return apply
		}))
		return changes
	}
	want := []Change{{usageStream, "max_age", time.Hour + 8*time.Minute + 34*time.Second, 2*time.Hour + 17*time.Minute + 9*time.Second, false}}
	assert.Equal(t, want, change(2*time.Hour, false))
	assert.Equal(t, want, change(2*time.Hour, true))
	assert.Empty(t, change(2*time.Hour, false))
	assert.Len(t, change(time.Minute, true), 1)
	e, log = open(time.Minute)
	defer e.Close()
	assert.Empty(t, log)
}

// A folder of an earlier version opens, and channel messages are captured. What this version does
// not use stays until the explicit command deletes it.
func TestFolderOfAnEarlierVersion(t *testing.T) {
	dir := t.TempDir()
	open := func() (*Engine, string) {
		var log bytes.Buffer
		e, err := Open(t.Context(), Options{Dir: dir, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		require.NoError(t, err)
		return e, log.String()
	}
	e, _ := open()
	info, err := e.js.info(t.Context(), historyStream)
	require.NoError(t, err)
	info.Config.Subjects = []string{"rtm.room.>"}
	_, err = e.js.UpdateStream(t.Context(), info.Config)
	require.NoError(t, err)
	for _, name := range formerStreams {
		bucket := strings.TrimPrefix(name, kvStream)
		require.NoError(t, e.js.create(t.Context(), bucketConfig(bucket, jetstream.FileStorage, 0, 0)))
	}
	e.Close()

	e, log := open()
	captured := make(chan error, 1)
	require.NoError(t, e.PublishChannel(hall, []byte("hello"), func(err error) { captured <- err }))
	require.NoError(t, <-captured)
	frames, err := e.RecentFrames(t.Context(), hall, time.Now().Add(-time.Minute))
	require.NoError(t, err)
	assert.Equal(t, [][]byte{[]byte("hello")}, frames)
	e.Close()
	assert.NotContains(t, log, historyStream)

	var told []string
	require.NoError(t, ChangeStreams(t.Context(), Options{Dir: dir}, func(changes []Change) bool {
		for _, c := range changes {
			told = append(told, c.Stream)
		}
		return true
	}))
	assert.Equal(t, formerStreams, told)
	for _, name := range told {
		assert.Contains(t, log, name)
	}
	e, log = open()
	e.Close()
	assert.Empty(t, log)
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

// What the options leave open stays as it is in each stream, whatever else is changed. What
// they give is changed, and nothing else.
func TestOnlyWhatIsGivenIsChanged(t *testing.T) {
	made, err := Options{Dir: "x", MediaMaxAge: 720 * time.Hour, UserMail: 7, AppMail: 8}.withDefaults()
	require.NoError(t, err)
	var st inventory
	for _, config := range made.layout() {
		st.exist = append(st.exist, &jetstream.StreamInfo{Config: withReplicas(config, 1)})
	}
	for name, c := range map[string]struct {
		given   Options
		changed map[string]bool // setting
	}{
		"nothing":  {Options{}, map[string]bool{}},
		"replicas": {Options{Replicas: 3}, map[string]bool{"replicas": true, "allow_direct": true}},
		"media":    {Options{MediaMaxAge: time.Hour}, map[string]bool{"max_age": true}},
		"mail":     {Options{UserMail: 5, AppMail: 6}, map[string]bool{"max_msgs_per_subject": true}},
	} {
		t.Run(name, func(t *testing.T) {
			c.given.Dir = "x"
			opts, err := c.given.withDefaults()
			require.NoError(t, err)
			s := streams{opts: opts, replicas: 3}
			changes, updates := s.plan(st, c.given)
			told := map[Change]bool{}
			for _, change := range changes {
				assert.Equal(t, !c.changed[change.Setting], change.Default, "%+v", change)
				if change.Default = false; c.changed[change.Setting] {
					told[change] = true
				}
			}
			done := map[Change]bool{}
			for _, update := range updates {
				for _, info := range st.exist {
					if info.Config.Name == update.Name {
						for _, change := range differences(info.Config, update) {
							done[change] = true
						}
					}
				}
			}
			assert.Equal(t, told, done, "what is done is what is told")
			assert.Equal(t, name == "nothing", len(done) == 0)
		})
	}
}

// No stream is changed while a gateway works on it. The differences are told all the same.
func TestNoChangeWhileGatewaysRun(t *testing.T) {
	e, err := Open(t.Context(), Options{Dir: t.TempDir(), MediaMaxAge: time.Hour, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	defer e.Close()
	change := func(apply bool) (told int, err error) {
		given := Options{Dir: "x", MediaMaxAge: 2 * time.Hour}
		e.js.opts.MediaMaxAge = given.MediaMaxAge
		err = e.change(t.Context(), given, func(changes []Change) bool {
			told = len(changes)
			return apply
		})
		return told, err
	}
	age := func() time.Duration {
		info, err := e.js.info(t.Context(), usageStream)
		require.NoError(t, err)
		return info.Config.MaxAge.Truncate(time.Hour)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	require.NoError(t, e.RegisterGateway(ctx, "gw", func() {}, func() {}))
	told, err := change(true)
	assert.ErrorContains(t, err, "stop all of them")
	assert.Equal(t, 1, told)
	assert.Equal(t, time.Hour, age())
	_, err = change(false)
	require.NoError(t, err)

	cancel()
	e.heartbeats.Wait()
	told, err = change(true)
	require.NoError(t, err)
	assert.Equal(t, 1, told)
	assert.Equal(t, 2*time.Hour, age())
}
