package tests

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/id"
	"rtmwasm/gateway/mailbox"
	"rtmwasm/gateway/natsengine"
)

// The quotas of offline messages hold for two gateways of a cluster together, to the message,
// whatever comes at the same time.
func TestClusterMailQuotas(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	const most, tried = 20, 50
	var engines []*natsengine.Engine
	for range 2 {
		e, err := natsengine.Open(t.Context(), natsengine.Options{Servers: c.URLs(), UserMail: most, Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		t.Cleanup(e.Close)
		engines = append(engines, e)
	}
	var stored, refused atomic.Int32
	var all sync.WaitGroup
	for i := range tried {
		all.Add(1)
		away := id.User{App: "0123456789abcdef0123456789abcdef", ID: fmt.Sprint("away", i)}
		require.NoError(t, engines[i%2].AppendMail(away, "ada", []byte("frame"), func(err error) {
			defer all.Done()
			switch {
			case err == nil:
				stored.Add(1)
			case errors.Is(err, mailbox.ErrUserQuota):
				refused.Add(1)
			default:
				assert.NoError(t, err)
			}
		}))
	}
	all.Wait()
	assert.EqualValues(t, most, stored.Load())
	assert.EqualValues(t, tried-most, refused.Load())
}
