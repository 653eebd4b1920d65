package tests

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// testSlowReaders: strangers ask for the largest file there is, with headers as long as they
// may be, and read nothing. They hold little, and users log in and talk.
//
// The kernel holds up to 256 KiB for each of them: 128 KiB, and its own structures. They are so few
// that this takes a quarter of what it has for all connections of the machine before it drops what
// arrives, also for other tests.
func testSlowReaders(t *testing.T, program string) {
	var files syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files))
	strangers := min(2000, int(files.Max/2)) // the gateway leaves a quarter to its engine
	if text, err := os.ReadFile("/proc/sys/net/ipv4/tcp_mem"); err == nil {
		var least, pressure, most int // in pages
		_, err := fmt.Sscan(string(text), &least, &pressure, &most)
		require.NoError(t, err)
		strangers = min(strangers, pressure*os.Getpagesize()/4/(256<<10))
	}

	g := serve(t, program, "--listen", "127.0.0.1:0", "--data", t.TempDir())
	alice, bob := login(t, g.addr(), "alice"), login(t, g.addr(), "bob")
	others := idleElsewhere(t, program, 3)
	before := g.memory()
	for i := range strangers {
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", g.addr())
		require.NoError(t, err)
		defer c.Close()
		require.NoError(t, c.(*net.TCPConn).SetReadBuffer(4096))
		require.NoError(t, c.SetDeadline(time.Now().Add(time.Minute)))
		header := ""
		if i%2 == 0 {
			header = strings.Repeat("x: "+strings.Repeat("y", 120)+"\r\n", 100)
		}
		_, err = io.WriteString(c, "GET /sdk/rtm.wasm HTTP/1.1\r\nHost: x\r\n"+header+"\r\n")
		require.NoError(t, err)
		status := make([]byte, len("HTTP/1.1 200"))
		_, err = io.ReadFull(c, status)
		require.NoError(t, err)
		require.Equal(t, "HTTP/1.1 200", string(status))
	}
	peak := g.memory()
	for _, name := range []string{"cy", "dan", "eve"} {
		newcomer := login(t, g.addr(), name)
		newcomer.says(t, "bob", "hello")
		require.Equal(t, name+": hello", next(t, bob.texts))
		peak = max(peak, g.memory())
	}
	assertStay(t, []*member{alice}, others)
	t.Logf("%d strangers; %d MiB before, %d at the peak", strangers, before>>20, peak>>20)
	assert.Less(t, peak, before+30<<20+int64(strangers)*35<<10, "each has at most 35 KiB")
}
