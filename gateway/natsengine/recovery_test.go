package natsengine

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/gateway/channel"
)

// A handler was too slow, and messages that found the queue full were dropped: the latest come
// all the same. Those too that were dropped after a recovery had read the history.
func TestDroppedMessagesAreMadeUpFor(t *testing.T) {
	e := openEngine(t, Options{})
	returned := make(chan struct{}, 100)
	require.NoError(t, e.RegisterGateway(t.Context(), "gw", func() {}, func() { returned <- struct{}{} }))
	room := channel.ID{App: testApp, Channel: "room"}
	var mu sync.Mutex
	var got []string
	var taken atomic.Int64
	hold := make(chan struct{})
	stop, err := e.ListenChannel(room, func(frame []byte) {
		taken.Add(1)
		<-hold
		mu.Lock()
		defer mu.Unlock()
		got = append(got, string(frame))
	})
	require.NoError(t, err)
	t.Cleanup(stop)
	sent := 0
	send := func(n int) {
		for range n {
			require.NoError(t, e.nc.Publish(channelSubject+channelKey(room), []byte(fmt.Sprint(sent))))
			sent++
		}
	}
	captured := func() {
		require.Eventually(t, func() bool {
			frames, err := e.RecentFrames(t.Context(), room, time.Now().Add(-time.Minute))
			return err == nil && len(frames) > 0 && string(frames[len(frames)-1]) == fmt.Sprint(sent-1)
		}, time.Minute, 10*time.Millisecond, "the history has all")
	}
	const late = core.MaxMissedChannelMessages
	send(2) // one for the handler, one that the history has and the handler has not
	captured()
	require.Eventually(t, func() bool { return taken.Load() == 1 }, time.Minute, 10*time.Millisecond)
	send(queueLength - 1 + late)
	require.Eventually(t, func() bool { return taken.Load() == 2 }, time.Minute, 10*time.Millisecond, "a recovery waits, too")
	send(late)
	captured()
	require.Eventually(t, func() bool { return e.dispatcher.dropped() == 2*late }, time.Minute, 10*time.Millisecond)
	close(hold)
	require.Eventually(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		for i := sent - late; i < sent; i++ {
			if !slices.Contains(got, fmt.Sprint(i)) {
				return false
			}
		}
		return true
	}, 30*time.Second, 10*time.Millisecond)
	select {
	case <-returned:
	case <-time.After(30 * time.Second):
		require.FailNow(t, "the gateway is not told to look after the rest")
	}
}

// dropped is how many messages the NATS client dropped.
func (d *dispatcher) dropped() (n int) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	for sub := range d.handlers {
		dropped, _ := sub.Dropped() // fails only on a closed connection
		n += dropped
	}
	return n
}

// Whichever stream vanishes or is created again under a gateway, it is noticed.
func TestLostStreamsAreNoticed(t *testing.T) {
	e := openEngine(t, Options{})
	for _, config := range e.opts.layout() {
		require.NoError(t, e.checkStreams(t.Context()))
		require.NoError(t, e.js.DeleteStream(t.Context(), config.Name))
		require.ErrorIs(t, e.checkStreams(t.Context()), errStateLost, "%s is gone", config.Name)
		_, err := e.js.CreateStream(t.Context(), withReplicas(config, 1))
		require.NoError(t, err)
		require.ErrorIs(t, e.checkStreams(t.Context()), errStateLost, "%s was created again", config.Name)
		require.NoError(t, e.identify(t.Context()))
	}
}

// The connection may be lost and come back while an engine opens its streams, as when their servers
// start. That is not taken for a loss of the streams.
func TestAnEngineThatOpensHasLostNothing(t *testing.T) {
	e := openEngine(t, Options{})
	opening := newEngine(e.opts)
	opening.nc, opening.js, opening.requests = e.nc, e.js, e.requests
	without, cancel := context.WithCancel(t.Context())
	cancel()
	require.Error(t, opening.identify(without))
	require.NoError(t, opening.checkEpochs(t.Context()))
	require.NoError(t, opening.identify(t.Context()))
	require.NoError(t, opening.checkEpochs(t.Context()))
}

// A gateway whose stream vanished is not ready any more, and is told to end.
func TestALostStreamBreaksTheEngine(t *testing.T) {
	e := openEngine(t, Options{GatewayLife: time.Second})
	require.NoError(t, e.RegisterGateway(t.Context(), "gw", func() {}, func() {}))
	require.NoError(t, e.reachable(t.Context()))
	require.NoError(t, e.js.DeleteStream(t.Context(), mailStream))
	select {
	case err := <-e.Broken():
		require.ErrorIs(t, err, errStateLost)
	case <-time.After(30 * time.Second):
		require.FailNow(t, "it goes on")
	}
	require.ErrorIs(t, e.reachable(t.Context()), errStateLost)
}

// A bucket that is there and empty, as after all its servers were restarted, is told from
// the one that was.
func TestEmptiedBucketsBreakTheEngine(t *testing.T) {
	for _, name := range []string{kvStream + sessionBucket, memberStream, kvStream + userAttributeBucket} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := openEngine(t, Options{GatewayLife: time.Second})
			require.NoError(t, e.RegisterGateway(t.Context(), "gw", func() {}, func() {}))
			stream, err := e.js.Stream(t.Context(), name)
			require.NoError(t, err)
			require.NoError(t, stream.Purge(t.Context()))
			require.Error(t, e.reachable(t.Context()), "at once")
			select {
			case err := <-e.Broken():
				require.ErrorIs(t, err, errStateLost)
			case <-time.After(30 * time.Second):
				require.FailNow(t, "it goes on")
			}
		})
	}
}
