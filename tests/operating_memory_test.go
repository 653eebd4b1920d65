package tests

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Many who let pile up as much as each may are more than the gateway has memory for: they
// end, and the others are served.
func testMemory(t *testing.T, program string) {
	g := serve(t, program, "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--max-memory", "96MiB")
	alice, bob := login(t, g.addr(), "alice"), login(t, g.addr(), "bob")
	others := idleElsewhere(t, program, 3)
	ctx := t.Context()
	const heaps = 60
	for i := range heaps { // they read nothing
		s, err := intrudeAs(ctx, t, g.addr(), fmt.Sprint("heap", i))
		require.NoError(t, err)
		require.NoError(t, s.raw.(*net.TCPConn).SetReadBuffer(4096)) // what the kernel holds does not pile up in the gateway
	}
	var stop atomic.Bool
	ended := make(chan struct{})
	const floods = 8
	for i := range floods {
		s, err := intrudeAs(ctx, t, g.addr(), fmt.Sprint("source", i))
		require.NoError(t, err)
		go s.closeCode(ctx) // reads
		go func() {
			pace := time.NewTicker(20 * time.Millisecond)
			defer pace.Stop()
			defer func() { ended <- struct{}{} }()
			for n := i; !stop.Load() && s.say(ctx, s.message(fmt.Sprint("heap", n%heaps))) == nil; n += floods {
				<-pace.C
			}
		}()
	}
	pace := time.NewTicker(100 * time.Millisecond)
	defer pace.Stop()
	peak := int64(0)
	until := time.Now().Add(waitLimit)
	for n := 0; !strings.Contains(g.text(), "sessions ended to free memory"); n++ {
		require.Less(t, time.Now(), until, "memory holds out")
		<-pace.C
		alice.says(t, "bob", strconv.Itoa(n))
		require.Equal(t, "alice: "+strconv.Itoa(n), next(t, bob.texts))
		peak = max(peak, g.memory())
	}
	stop.Store(true)
	for range floods {
		<-ended
	}
	alice.says(t, "bob", "still here")
	require.Equal(t, "alice: still here", next(t, bob.texts))
	assertStay(t, []*member{alice}, others)
	require.Eventually(t, func() bool { return g.notReady()["memory"] == "" }, waitLimit, 50*time.Millisecond)
	login(t, g.addr(), "newcomer")
	t.Logf("%d MiB at the peak", peak>>20)
	assert.Less(t, peak, int64(256<<20))
}
