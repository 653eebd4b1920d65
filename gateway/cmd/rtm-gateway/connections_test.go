package main

import (
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConnectionsOfAnAddress(t *testing.T) {
	o := boundOptions{perAddress: 1, proxies: prefixes{netip.MustParsePrefix("203.0.113.0/24")}}
	l := boundConnections(nil, o, slog.New(slog.DiscardHandler))
	enter := func(address string) (func(), bool) {
		return l.enter(net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(address), 5000)))
	}
	leave, _ := enter("198.51.100.7")
	for range connectionsPerSocket - 1 {
		_, ok := enter("198.51.100.7")
		require.True(t, ok)
	}
	_, ok := enter("198.51.100.7")
	assert.False(t, ok)
	_, ok = enter("::ffff:198.51.100.7")
	assert.False(t, ok, "the same")
	_, ok = enter("198.51.100.8")
	assert.True(t, ok, "another address")
	leave()
	_, ok = enter("198.51.100.7")
	assert.True(t, ok, "there is room again")

	for _, unbounded := range []string{"127.0.0.1", "10.1.2.3", "203.0.113.9"} {
		for range 3 * connectionsPerSocket {
			_, ok := enter(unbounded)
			assert.True(t, ok, unbounded)
		}
	}
}

func TestConnectionsInAll(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := boundConnections(inner, boundOptions{perAddress: 1}, slog.New(slog.DiscardHandler))
	assert.Positive(t, l.most, "the bound of the process is known")
	l.most = 1
	accepted := make(chan net.Conn)
	go func() {
		defer close(accepted)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	dial := func() net.Conn {
		c, err := net.Dial("tcp", inner.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	dial()
	first := <-accepted
	_, err = io.ReadAll(dial())
	assert.True(t, err == nil || isReset(err), "closed at once: %v", err)
	require.NoError(t, first.Close())
	_ = first.Close() // counts once
	dial()
	second := <-accepted
	_, err = io.ReadAll(dial())
	assert.True(t, err == nil || isReset(err), "closed at once: %v", err)
	_ = second.Close()
	_ = l.Close()
	<-accepted
}

func isReset(err error) bool {
	_, ok := err.(*net.OpError)
	return ok
}

// connect returns both ends of a connection that a gateway has accepted.
func connect(t *testing.T) (conn, client net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	client, err = net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	conn, err = boundConnections(l, boundOptions{}, slog.New(slog.DiscardHandler)).Accept()
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn, client
}

// A connection hands a file on to that of the system, which sends it.
func TestConnectionsHandFilesOn(t *testing.T) {
	conn, client := connect(t)
	name := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(name, []byte("content"), 0o600))
	file, err := os.Open(name)
	require.NoError(t, err)
	defer file.Close()
	n, err := conn.(io.ReaderFrom).ReadFrom(&io.LimitedReader{R: file, N: 4})
	require.NoError(t, err)
	assert.EqualValues(t, 4, n)
	require.NoError(t, conn.Close())
	got, err := io.ReadAll(client)
	require.NoError(t, err)
	assert.Equal(t, "cont", string(got))
}
