package tests

import (
	"context"
	"fmt"
	"log/slog"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/gateway/natsengine"
	"rtmwasm/tests/cluster"
)

// streamSettings are those of all streams in a cluster that a gateway's settings decide.
func streamSettings(t *testing.T, c *cluster.Cluster) map[string]string {
	t.Helper()
	nc, err := nats.Connect(strings.Join(c.URLs(), ","))
	require.NoError(t, err)
	defer nc.Close()
	js, err := jetstream.New(nc)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	all := map[string]string{}
	names := js.StreamNames(ctx)
	for name := range names.Name() { // one by one: a list leaves out those whose leader does not answer in time
		var stream jetstream.Stream
		for stream, err = js.Stream(ctx, name); err != nil && ctx.Err() == nil; {
			stream, err = js.Stream(ctx, name)
		}
		require.NoError(t, err)
		c := stream.CachedInfo().Config
		all[name] = fmt.Sprintln(c.Replicas, c.MaxAge, c.AllowDirect, c.MaxMsgsPerSubject)
	}
	require.NoError(t, names.Err())
	return all
}

// A gateway that starts with other settings than the first, or while a server is down,
// changes no stream.
func TestClusterStreamsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	open := func(urls []string, age time.Duration, replicas int) {
		t.Helper()
		e, err := natsengine.Open(t.Context(), natsengine.Options{Servers: urls, MediaMaxAge: age, Replicas: replicas, Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		e.Close()
	}
	open(c.URLs(), 0, 0)
	require.NoError(t, c.Healthy(t.Context()))
	before := streamSettings(t, c)
	require.Len(t, before, 15)
	for name, settings := range before {
		require.True(t, strings.HasPrefix(settings, "3 "), "%s has %s", name, settings)
	}
	open(c.URLs(), time.Hour, 0)
	open(c.URLs()[:1], 0, 0)
	open(c.URLs(), 0, 1)
	c.Servers[2].Kill()
	open(c.URLs()[:1], time.Hour, 1)
	require.NoError(t, c.Servers[2].Start())
	require.NoError(t, c.Healthy(t.Context()))
	assert.Equal(t, before, streamSettings(t, c))

	streams := func(args ...string) string {
		t.Helper()
		args = append([]string{"streams", "--nats", strings.Join(c.URLs(), ","), "--replicas", "1", "--media-max-age", "1h"}, args...)
		out, err := exec.Command(buildGateway(t), args...).CombinedOutput()
		require.NoError(t, err, string(out))
		return string(out)
	}
	assert.Contains(t, streams(), "nothing was changed")
	assert.Equal(t, before, streamSettings(t, c))
	assert.Regexp(t, `(?m)^RTM_MEDIA_USAGE +max_age +8d -> 1h8m34s$`, streams("--apply"))
	after := streamSettings(t, c)
	for name, settings := range after {
		assert.True(t, strings.HasPrefix(settings, "1 "), "%s has %s", name, settings)
	}
	assert.Contains(t, after["RTM_MEDIA_USAGE"], " 1h8m34")

	// Grown again, as from one server to three.
	open(c.URLs(), time.Hour, 0)
	require.NoError(t, natsengine.ChangeStreams(t.Context(), natsengine.Options{Servers: c.URLs(), Replicas: 3, MediaMaxAge: core.MediaLifetime},
		func([]natsengine.Change) bool { return true }))
	assert.Equal(t, before, streamSettings(t, c))
	open(c.URLs(), 0, 0)
}
