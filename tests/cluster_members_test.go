package tests

import (
	"log/slog"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/natsengine"
)

// A gateway is told that changes of members may be lost when their stream gets another leader.
func TestClusterMemberLosses(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	e, err := natsengine.Open(t.Context(), natsengine.Options{Servers: c.URLs(), Replicas: 3, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(e.Close)
	missed := make(chan struct{}, 10)
	stop, err := e.FollowMemberLosses(func() { missed <- struct{}{} })
	require.NoError(t, err)
	t.Cleanup(stop)
	steps, err := nats.Connect(c.URLs()[0])
	require.NoError(t, err)
	t.Cleanup(steps.Close)
	_, err = steps.Request("$JS.API.STREAM.LEADER.STEPDOWN.RTM_MEMBERS", nil, 10*time.Second)
	require.NoError(t, err)
	select {
	case <-missed:
	case <-time.After(time.Minute):
		require.Fail(t, "nothing is told of the new leader")
	}
}
