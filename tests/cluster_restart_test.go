package tests

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
)

// All servers of a cluster die at once, and with them what they had in memory. They come back
// with empty buckets of the same names: a gateway that went on would let users in and
// answer no join. It says that it is not ready, ends, and one that is started works.
func TestClusterRestarted(t *testing.T) {
	t.Parallel()
	c, program := startCluster(t), buildGateway(t)
	flags := []string{"--nats", strings.Join(c.URLs(), ","), "--media", c.Dir + "/media", "--drain", "2s"}
	g := serve(t, program, append(flags, "--listen", "127.0.0.1:"+freePort(t))...)
	alice := login(t, g.addr(), "alice")
	require.Nil(t, outcome(t, alice, alice.Channel("hall").Join))
	require.Eventually(t, func() bool { return len(g.notReady()) == 0 }, waitLimit, 50*time.Millisecond)

	for _, s := range c.Servers {
		s.Kill()
	}
	require.Eventually(t, func() bool { return g.notReady()["engine"] != "" }, waitLimit, 50*time.Millisecond)
	for _, s := range c.Servers {
		require.NoError(t, s.Start())
	}
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	require.NoError(t, c.Ready(ctx))
	for running := true; running; {
		select {
		case <-g.ended:
			running = false
		case <-ctx.Done():
			require.FailNow(t, "it neither works nor ends")
		case <-time.After(20 * time.Millisecond):
			if answer, err := http.Get(g.url + "/readyz"); err == nil {
				_ = answer.Body.Close()
				require.NotEqual(t, 200, answer.StatusCode, "it looks ready")
			}
		}
	}
	assert.Equal(t, 1, g.exit(), "so that its supervisor starts it again")
	assert.Contains(t, g.text(), "start the gateway again")

	again := serve(t, program, append(flags, "--listen", g.addr())...)
	require.Eventually(t, func() bool { return len(again.notReady()) == 0 }, waitLimit, 50*time.Millisecond)
	for next(t, alice.states) != core.Connected {
	}
	bob := login(t, again.addr(), "bob")
	require.Nil(t, outcome(t, bob, bob.Channel("hall").Join))
	bob.says(t, "alice", "we are back")
	assert.Equal(t, "bob: we are back", next(t, alice.texts))
}
