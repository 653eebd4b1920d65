package cluster

import (
	"fmt"
	"net"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFreePorts(t *testing.T) {
	ports, err := FreePorts(2)
	require.NoError(t, err)
	require.Len(t, ports, 2)
	require.NotEqual(t, ports[0], ports[1])
	for range 2 { // as a program that is started again
		l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", ports[0]))
		require.NoError(t, err)
		require.Error(t, reserve(ports[0]), "a program listens there")
		require.NoError(t, l.Close())
	}
	_, err = net.Dial("tcp", fmt.Sprint("127.0.0.1:", ports[0]))
	require.Error(t, err, "nothing listens now")
	if runtime.GOOS == "linux" {
		require.Error(t, reserve(ports[0]), "it stays with this process")
	}
}
