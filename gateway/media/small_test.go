package media_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/gateway/media"
)

// A request that brings a byte costs as much as one that brings all: a client that does so
// without end is told what to do instead.
func TestSmallRequestsAreBounded(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	const large = core.MinMediaAppendBytes
	content := randomBytes(1, 3*large+core.MaxSmallMediaAppends)
	path, offset := c.created(len(content)), 0
	send := func(n int) answer {
		a := c.patch(path, offset, bytes.NewReader(content[offset:offset+n]))
		if a.status == 204 {
			offset += n
		}
		return a
	}
	for range 2 {
		require.Equal(t, 204, send(large).status, "which is not small")
	}
	for i := range core.MaxSmallMediaAppends {
		n := 0 // which costs the least here
		if i%10 == 0 {
			n = 1
		}
		require.Equal(t, 204, send(n).status, i)
	}
	for _, n := range []int{1, large} {
		a := send(n)
		assert.Equal(t, 400, a.status, "a status that clients take for final")
		assert.Contains(t, string(a.body), fmt.Sprint(core.MinMediaAppendBytes))
		assert.Contains(t, string(a.body), "delete it, and send the file again")
	}
	require.Equal(t, offset, c.offset(path))
	require.Equal(t, 204, c.do("DELETE", path, nil).status)
}

// What finishes an upload may be as small as it likes.
func TestSmallFilesAreNoSmallRequests(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	path := c.created(4)
	for i := range 4 {
		require.Equal(t, 204, c.patch(path, i, bytes.NewReader([]byte{'x'})).status)
	}
	c.requireContent(path, []byte("xxxx"))
}

// A client can't do without end either what it breaks off.
func TestRequestsThatBreakOffAreSmallOnes(t *testing.T) {
	s := newServer(t)
	c := s.as(appA, "anna", "s1")
	path := c.created(3 * core.MinMediaAppendBytes)
	for i := range 3 {
		p := c.startPatch(path, i)
		p.write([]byte{'x'})
		p.cut()
		require.Eventually(t, func() bool {
			info, err := s.store.Info(t.Context(), appA, strings.TrimPrefix(path, media.BasePath))
			require.NoError(t, err)
			return info.Offset == int64(i+1) && info.Small == i+1
		}, time.Minute, time.Millisecond)
	}
}
