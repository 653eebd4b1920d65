package media_test

import (
	"bytes"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Nothing of a request stays when it was answered. (tusd would keep its context for 10 s)
func TestAnsweredRequestsLeaveNoGoroutines(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	content := randomBytes(1, 1000)
	for range 50 {
		c.uploaded(content)
	}
	left := func() int {
		var stacks bytes.Buffer
		require.NoError(t, pprof.Lookup("goroutine").WriteTo(&stacks, 2))
		return strings.Count(stacks.String(), "created by github.com/tus/tusd")
	}
	require.Eventually(t, func() bool { return left() == 0 }, 5*time.Second, 5*time.Millisecond, "%d", left())
}
