//go:build js && wasm

package jsbridge

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/coretest"
)

// page is the transport of a page, for the suite. The goroutine of the test calls clients
// directly: callbacks from JavaScript run only while that goroutine waits.
type page struct{ *host }

func (page) Do(f func()) { f() }

func (page) Bytes(b []byte) core.Blob {
	return newBlob([]any{made(fromBytes(b))}, "")
}

// TestConformance runs in a browser, on a page that names a gateway in RTM_GATEWAY
// (tests/conformance.spec.ts). Each test must release every callback that it
// gave to the browser.
func TestConformance(t *testing.T) {
	coretest.Run(t, os.Getenv("RTM_GATEWAY"), func(t *testing.T) coretest.Transport {
		before := liveCallbacks
		h := &host{timers: newTimers()}
		t.Cleanup(func() {
			require.Eventually(t, func() bool { return len(h.pending) == 0 && liveCallbacks == before+1 },
				3*time.Minute, 20*time.Millisecond, "only the timers' own callback is left once their last timer fired")
			h.release()
		})
		return page{h}
	})
}
