package natsengine

import (
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/channel"
)

// BenchmarkFence tells what the questions cost that a join asks of all gateways, on a cluster of three
// servers with a gateway at each, all in this process: by themselves, and what a message to a channel
// costs while nobody joins and while others do. CPU is that of servers and gateways together, less what
// they need at rest.
func BenchmarkFence(b *testing.B) {
	c := startCluster(b)
	e := c.engines[0]
	idle := idleCPU(b)
	pass := func(b *testing.B) {
		for _, f := range []*coalescer{&e.fence.listeners, &e.fence.history} {
			require.NoError(b, e.pass(b.Context(), f))
		}
	}
	b.Run("joins one after another", func(b *testing.B) {
		defer reportCPU(b, idle)()
		for b.Loop() {
			pass(b)
		}
	})
	b.Run("joins 64 at a time", func(b *testing.B) {
		defer reportCPU(b, idle)()
		var all sync.WaitGroup
		var left atomic.Int64
		left.Store(int64(b.N))
		for range 64 {
			all.Go(func() {
				for left.Add(-1) >= 0 {
					pass(b)
				}
			})
		}
		all.Wait()
	})
	for _, at := range []int{0, 100, 1000} {
		b.Run(fmt.Sprintf("messages while %d a second join", at), func(b *testing.B) {
			stop := c.joinAt(b, at)
			defer stop()
			defer reportCPU(b, idle)()
			room := channel.ID{App: testApp, Channel: "bench"}
			frame := make([]byte, 1024)
			places := make(chan struct{}, 64)
			for range b.N {
				places <- struct{}{}
				require.NoError(b, e.PublishChannel(room, frame, func(err error) {
					assert.NoError(b, err)
					<-places
				}))
			}
			for range cap(places) {
				places <- struct{}{}
			}
		})
	}
}

// joinAt has the gateways ask each other as for so many joins a second.
func (c *testCluster) joinAt(b *testing.B, rate int) (stop func()) {
	ended := make(chan struct{})
	var all sync.WaitGroup
	if rate > 0 {
		all.Go(func() {
			tick := time.NewTicker(time.Second / time.Duration(rate))
			defer tick.Stop()
			for n := 0; ; n++ {
				select {
				case <-tick.C:
				case <-ended:
					return
				}
				e := c.engines[n%len(c.engines)]
				for _, f := range []*coalescer{&e.fence.listeners, &e.fence.history} {
					all.Add(1)
					f.ask(&e.background, func(err error) {
						assert.NoError(b, err)
						all.Done()
					})
				}
			}
		})
	}
	return func() {
		close(ended)
		all.Wait()
	}
}

// idleCPU is how much CPU this process uses in a second in which nothing is asked of it.
func idleCPU(b *testing.B) float64 {
	before, began := usedCPU(b), time.Now()
	time.Sleep(3 * time.Second)
	return (usedCPU(b) - before).Seconds() / time.Since(began).Seconds()
}

func usedCPU(b *testing.B) time.Duration {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// reportCPU reports the CPU of this process for each operation.
func reportCPU(b *testing.B, idle float64) (done func()) {
	before, began := usedCPU(b), time.Now()
	return func() {
		used := (usedCPU(b) - before).Seconds() - idle*time.Since(began).Seconds()
		b.ReportMetric(used*1e6/float64(b.N), "µs-cpu/op")
	}
}
