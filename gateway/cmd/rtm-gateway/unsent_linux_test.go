package main

import (
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The kernel takes little for a client that reads nothing. Without a limit it takes 4 MiB here.
func TestKernelTakesLittleForWhoReadsNothing(t *testing.T) {
	conn, client := connect(t)
	require.NoError(t, client.(*net.TCPConn).SetReadBuffer(4096))
	piece := make([]byte, 16<<10)
	taken := 0
	var err error
	for err == nil {
		require.NoError(t, conn.SetWriteDeadline(time.Now().Add(time.Second)))
		var n int
		n, err = conn.Write(piece)
		taken += n
	}
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	t.Logf("%d KiB", taken>>10)
	assert.LessOrEqual(t, taken, 2*maxUnsent)
}
