package media

import (
	"context"
	"time"
)

// storeTimeout is how long a request may go on after its connection was lost, to store
// what has arrived.
const storeTimeout = 10 * time.Second

// outliveConnection returns a context with the values of a request's context that ends
// storeTimeout after it, so that what has arrived is stored although the client is gone.
// done ends it at once; the handler calls it when it returns.
//
// tusd has the same (Config.GracefulRequestCompletionTimeout), but counts the time from the
// end of every request: two goroutines, and all that the request refers to, stay so long.
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
