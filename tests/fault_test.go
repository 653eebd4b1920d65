package tests

import (
	"flag"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/tests/faultproxy"
	"rtmwasm/tests/scenario"
)

// faultSeed replays one seed:
//
//	go test ./tests -run TestFaults -faultseed 7 -v
var faultSeed = flag.Uint64("faultseed", 0, "run the fault scenario of this seed only")

func TestFaults(t *testing.T) {
	t.Parallel()
	seeds := []uint64{1, 2, 3, 4, 5, 6}
	if *faultSeed != 0 {
		seeds = []uint64{*faultSeed}
	}
	site := httptest.NewServer(startGateway(t).Handler())
	t.Cleanup(site.Close)
	var mu sync.Mutex
	happened := map[faultproxy.Kind]bool{}
	t.Cleanup(func() { // when all seeds have run
		if *faultSeed != 0 {
			return // one seed need not have all
		}
		for _, kind := range []faultproxy.Kind{faultproxy.Cut, faultproxy.Reset, faultproxy.Stall, faultproxy.Delay, faultproxy.Truncate, faultproxy.Repeat} {
			assert.True(t, happened[kind], "no network had the fault %q", kind)
		}
	})
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			report, err := scenario.Run(t.Context(), scenario.Options{
				Seed:    seed,
				Gateway: site.Listener.Addr().String(),
				Users:   3,
				Files:   5,
				MaxFile: 8 << 20,
				Rounds:  8,
				Limit:   10 * time.Minute, // on a machine that is busy

				Hang:      8 * time.Second,
				MediaHang: 8 * time.Second,
			})
			if !assert.NoError(t, err, "go test ./tests -run TestFaults -faultseed %d -v", seed) || *faultSeed != 0 {
				t.Log(strings.Join(report.Log, "\n"))
			}
			t.Logf("%v: %d files of %d bytes, %d messages (%d reported), %d gaps, faults %v",
				report.Took, report.Files, report.Bytes, report.Sent, report.Reported, report.Gaps, report.Faults)
			mu.Lock()
			defer mu.Unlock()
			for kind := range report.Faults {
				happened[kind] = true
			}
			require.NotZero(t, report.Faults[faultproxy.Cut]+report.Faults[faultproxy.Reset]+report.Faults[faultproxy.Stall])
		})
	}
}
