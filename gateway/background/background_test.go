package background_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"rtmwasm/gateway/background"
)

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g background.Group
		g.Wait() // nothing runs
		began := time.Now()
		g.Go(func() {
			time.Sleep(time.Second)
			g.Go(func() { time.Sleep(time.Second) })
		})
		g.Go(func() { time.Sleep(time.Second) })
		go g.Wait() // more than one may wait
		g.Wait()
		assert.Equal(t, 2*time.Second, time.Since(began), "also for what began while it waited")
		g.Go(func() { time.Sleep(time.Hour) })
		g.Wait()
		assert.Equal(t, time.Hour+2*time.Second, time.Since(began))
	})
}

// Go and Wait may be called at the same time, which the race detector does not forgive a sync.WaitGroup.
func TestGoWhileOthersWait(t *testing.T) {
	var g background.Group
	var done atomic.Int32
	begin := make(chan struct{})
	for range 100 {
		go func() {
			<-begin
			g.Go(func() { done.Add(1) })
		}()
		go func() {
			<-begin
			g.Wait()
		}()
	}
	close(begin)
	assert.Eventually(t, func() bool { return done.Load() == 100 }, time.Minute, time.Millisecond)
	g.Wait()
}
