package natsengine

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A message that comes before its handler was noted waits for it; one of a subscription that has ended
// does not.
func TestHandlerThatIsNotNotedYet(t *testing.T) {
	e := openEngine(t, Options{})
	d := e.dispatcher
	sub, err := e.nc.ChanSubscribe("test.early", make(chan *nats.Msg, 1))
	require.NoError(t, err)
	found := make(chan func(*nats.Msg), 1)
	go func() { found <- d.handler(sub) }()
	stop, err := d.listen("test.other", func(*nats.Msg) {})
	require.NoError(t, err)
	defer stop()
	select {
	case <-found:
		require.Fail(t, "it has no handler")
	case <-time.After(10 * time.Millisecond):
	}
	d.mu.Lock()
	d.handlers[sub] = func(*nats.Msg) {}
	d.added.Broadcast()
	d.mu.Unlock()
	assert.NotNil(t, <-found)

	require.NoError(t, sub.Unsubscribe())
	d.mu.Lock()
	delete(d.handlers, sub)
	d.mu.Unlock()
	assert.Nil(t, d.handler(sub))
}
