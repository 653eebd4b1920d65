package media

import (
	"context"
	"time"
)

// storeTimeout limits how long a request continues after its connection was lost, to store the bytes that have
// arrived.
const storeTimeout = 10 * time.Second

// outliveConnection returns a context with the values of a request's context. It ends storeTimeout after that
// context, so that arrived bytes are stored even if the client is gone. The handler must call done when it returns,
// which ends the context at once.
//
// tusd has the same (Config.GracefulRequestCompletionTimeout). But it counts the time from the end of every request,
// so that two goroutines and the data of each request stay in memory for that long.
func outliveConnection(parent context.Context) (ctx context.Context, done func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	stop := context.AfterFunc(parent, func() {
		timer := time.NewTimer(storeTimeout)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-ctx.Done():
		}
	})
	return ctx, func() {
		stop()
		cancel()
	}
}
