package natsengine

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway"
)

func TestReach(t *testing.T) {
	e := openEngine(t, Options{})
	ctx := t.Context()
	ada, bob := gateway.User{App: testApp, ID: "a.d a"}, gateway.User{App: testApp, ID: "bob"}
	seen := make(chan gateway.Sighting, 8)
	require.NoError(t, e.WatchReach(ctx, func(s gateway.Sighting) { seen <- s }))
	last := uint64(0)
	saw := func(reach gateway.Reach) {
		t.Helper()
		select {
		case s := <-seen:
			assert.Equal(t, ada, s.User)
			assert.Equal(t, reach, s.Reach)
			assert.Greater(t, s.Revision, last)
			last = s.Revision
		case <-time.After(time.Minute):
			require.Fail(t, "nothing was seen")
		}
	}
	look := func() gateway.Sighting {
		found, err := e.Reach(ctx, []gateway.User{bob, ada})
		require.NoError(t, err)
		assert.Equal(t, gateway.Sighting{User: bob}, found[0])
		return found[1]
	}
	record := gateway.Record{Session: "s1", LineageID: "s0", Gateway: "g", Secret: [32]byte{1}, ResumeCredentialHash: [32]byte{2}}
	_, err := e.Claim(ctx, ada, always(record))
	require.NoError(t, err)
	saw(gateway.Online)
	require.NoError(t, e.SetReach(ctx, ada, "another session", gateway.Unreachable))
	require.NoError(t, e.SetReach(ctx, ada, "s1", gateway.Unreachable))
	saw(gateway.Unreachable)
	assert.Equal(t, gateway.Sighting{User: ada, Reach: gateway.Unreachable, Revision: last}, look())
	kept, err := e.Lookup(ctx, ada)
	require.NoError(t, err)
	assert.Equal(t, record, kept, "all else stays")
	require.NoError(t, e.SetReach(ctx, ada, "s1", gateway.Online))
	saw(gateway.Online)
	require.NoError(t, e.SetReach(ctx, ada, "s1", gateway.Unreachable))
	saw(gateway.Unreachable)
	_, err = e.Claim(ctx, ada, always(gateway.Record{Session: "s2", LineageID: "s2", Gateway: "h"}))
	require.NoError(t, err)
	saw(gateway.Online)
	require.NoError(t, e.Release(ctx, ada, gateway.Record{Session: "s2", LineageID: "s2"}))
	saw(gateway.Offline)
	assert.Equal(t, gateway.Offline, look().Reach)
	require.NoError(t, e.SetReach(ctx, ada, "s2", gateway.Unreachable), "too late")
	assert.Empty(t, seen)

	found, err := e.Reach(ctx, make([]gateway.User, 0))
	require.NoError(t, err)
	assert.Empty(t, found)
}

// The users of a gateway that died are offline once it has lapsed.
func TestReachOfADeadGateway(t *testing.T) {
	e := openEngine(t, Options{GatewayLife: time.Second})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	require.NoError(t, e.RegisterGateway(ctx, "alive", func() {}, nil))
	_, err := e.gateways.Create(ctx, "dying", nil) // announced once, never again
	require.NoError(t, err)
	user := gateway.User{App: testApp, ID: "ghost"}
	_, err = e.Claim(ctx, user, always(gateway.Record{Session: "s1", Gateway: "dying"}))
	require.NoError(t, err)
	require.NoError(t, e.SetReach(ctx, user, "s1", gateway.Unreachable))
	offline := make(chan gateway.Sighting, 8)
	require.NoError(t, e.WatchReach(ctx, func(s gateway.Sighting) {
		if s.Reach == gateway.Offline {
			offline <- s
		}
	}))
	select {
	case s := <-offline:
		assert.Equal(t, user, s.User)
	case <-time.After(time.Minute):
		require.Fail(t, "he stays")
	}
}
