package natsengine

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/gateway/background"
)

// Whenever messages are dropped, the history is read from then on, when it surely has them,
// and rarely while more and more are dropped.
func TestDropsAreRecovered(t *testing.T) {
	for name, c := range map[string]struct {
		every, during, takes time.Duration
		most                 int // recoveries
	}{
		"once":                     {time.Hour, time.Second, 0, 1},
		"within the first pause":   {300 * time.Millisecond, 800 * time.Millisecond, 0, 2},
		"while one is under way":   {3 * time.Second, 4 * time.Second, 10 * time.Second, 2},
		"for minutes":              {100 * time.Millisecond, 5 * time.Minute, time.Second, 50},
		"every now and then":       {20 * time.Second, 5 * time.Minute, time.Second, 15},
		"for minutes, read slowly": {time.Second, 5 * time.Minute, 20 * time.Second, 15},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				type recovery struct{ since, began time.Time }
				var work background.Group
				var recoveries []recovery // of work
				d := drops{closing: t.Context().Done(), background: &work}
				d.recover = func(since time.Time) {
					recoveries = append(recoveries, recovery{since, time.Now()})
					time.Sleep(c.takes)
				}
				var dropped []time.Time
				for end := time.Now().Add(c.during); time.Now().Before(end); time.Sleep(c.every) {
					dropped = append(dropped, time.Now())
					time.Sleep(50 * time.Millisecond)
					d.note(dropped[len(dropped)-1])
				}
				work.Wait()
				for i, at := range dropped {
					read := false
					for _, r := range recoveries {
						// It begins a pause after the drop, and the history still has the message.
						read = read || !r.since.After(at) && r.began.Sub(at) >= dropPause && r.began.Sub(at) < core.SessionTimeout+c.takes
					}
					require.True(t, read, "drop %d of %d at %v is lost: %v", i, len(dropped), at, recoveries)
				}
				assert.LessOrEqual(t, len(recoveries), c.most)
				assert.LessOrEqual(t, len(recoveries), len(dropped), "no more than needed")
			})
		})
	}
}

func TestNothingIsRecoveredAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var work background.Group
		closing := make(chan struct{})
		d := drops{closing: closing, background: &work, recover: func(time.Time) { t.Error("recovered") }}
		d.note(time.Now())
		close(closing)
		work.Wait()
		d.note(time.Now())
		work.Wait()
	})
}

// The NATS client drops messages only while a queue is full. The first message that is taken
// then tells so, whether the client reported it or not.
func TestFullQueuesAreTold(t *testing.T) {
	for waiting, told := range map[int]int{queueLength - 1: 0, queueLength: 1} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			var since []time.Time
			d := &dispatcher{quit: make(chan struct{}), full: func(at time.Time) { since = append(since, at) }}
			hold := make(chan struct{})
			slow := &nats.Subscription{}
			d.handlers = map[*nats.Subscription]func(*nats.Msg){slow: func(*nats.Msg) { <-hold }}
			queue := make(chan *nats.Msg, queueLength)
			d.done.Go(func() { d.run(queue) })
			queue <- &nats.Msg{Sub: slow}
			synctest.Wait()
			for range waiting {
				queue <- &nats.Msg{}
			}
			time.Sleep(time.Second)
			close(hold)
			synctest.Wait()
			require.Len(t, since, told, "%d wait", waiting)
			for _, at := range since {
				assert.Equal(t, began, at, "when the last one was taken")
			}
			d.close()
		})
	}
}
