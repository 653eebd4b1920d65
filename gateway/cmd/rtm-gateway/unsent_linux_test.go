package main

import (
	"log/slog"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The kernel takes little for a client that reads nothing. Without a limit it takes 4 MiB here.
func TestKernelTakesLittleForWhoReadsNothing(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	bounded := boundConnections(l, boundOptions{}, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { _ = l.Close() })
	client, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.(*net.TCPConn).SetReadBuffer(4096))
	conn, err := bounded.Accept()
	require.NoError(t, err)
	defer conn.Close()
	piece := make([]byte, 16<<10)
	taken := 0
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
