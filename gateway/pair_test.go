package gateway_test

import (
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway"
	"rtmwasm/gateway/natsengine"
)

// startNATS runs a NATS server that several engines may share, and returns its URL.
func startNATS(t *testing.T) string {
	nats, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true})
	require.NoError(t, err)
	nats.Start()
	t.Cleanup(func() {
		nats.Shutdown()
		nats.WaitForShutdown()
	})
	require.True(t, nats.ReadyForConnections(waitLimit))
	return nats.ClientURL()
}

// pair is two gateways that share nothing but a NATS server.
type pair struct {
	near, far *house
	kill      func() // takes near from NATS, as if its machine were gone
}

func newPair(t *testing.T, change ...func(*gateway.Config)) *pair {
	url := startNATS(t)
	open := func() (*natsengine.Engine, func()) {
		engine, err := natsengine.Open(t.Context(), natsengine.Options{Servers: []string{url}, Logger: quiet})
		require.NoError(t, err)
		closed := false
		stop := func() {
			if !closed {
				engine.Close()
			}
			closed = true
		}
		t.Cleanup(stop)
		return engine, stop
	}
	near, kill := open()
	far, _ := open()
	return &pair{near: newHouse(t, near, change...), far: newHouse(t, far, change...), kill: kill}
}

// meet has ada log in at the gateway near and bob at the far one. Bob sees that she is there, and in the channel.
func (p *pair) meet(t *testing.T) (ada, bob *client) {
	t.Helper()
	ada, bob = p.near.login("ada"), p.far.login("bob")
	bob.presence(subscribe, "ada")
	bob.join("room")
	ada.join("room")
	assertChange(t, bob.change(), "ada", true, 2)
	return ada, bob
}
