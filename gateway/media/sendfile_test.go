package media_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace/noop"

	"rtmwasm/gateway/media"
	"rtmwasm/gateway/tracing"
)

// handedOver counts the bytes of files that connections are handed over whole, for the system
// to send them.
type handedOver struct {
	net.Listener
	bytes *atomic.Int64
}

func (l handedOver) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return sendingConn{conn.(*net.TCPConn), l.bytes}, nil
}

type sendingConn struct {
	*net.TCPConn
	bytes *atomic.Int64
}

func (c sendingConn) ReadFrom(src io.Reader) (int64, error) {
	n, err := c.TCPConn.ReadFrom(src)
	if limited, ok := src.(*io.LimitedReader); ok {
		if _, ok := limited.R.(*os.File); ok {
			c.bytes.Add(n)
		}
	}
	return n, err
}

// The bytes of a download are not copied into the gateway, whether or not it is traced.
func TestTheSystemSendsFiles(t *testing.T) {
	traced := func(h http.Handler) http.Handler {
		return tracing.Handler(noop.NewTracerProvider().Tracer(""), func(*http.Request) string { return "download" }, h)
	}
	for name, around := range map[string]func(http.Handler) http.Handler{"plain": func(h http.Handler) http.Handler { return h }, "traced": traced} {
		t.Run(name, func(t *testing.T) { testTheSystemSendsFiles(t, around) })
	}
}

func testTheSystemSendsFiles(t *testing.T, around func(http.Handler) http.Handler) {
	s := newServer(t, syncing(true)) // a folder, also where other tests have a bucket
	c := s.as(appA, "anna", "s1")
	content := randomBytes(1, 5<<20)
	path := c.uploaded(content)

	mux := http.NewServeMux()
	mux.Handle(media.BasePath, s.handler)
	sending := httptest.NewUnstartedServer(around(mux))
	var sent atomic.Int64
	sending.Listener = handedOver{sending.Listener, &sent}
	sending.Start()
	t.Cleanup(sending.Close)
	other := &client{s: &server{t: t, http: sending}, credential: c.credential}
	other.requireContent(path, content)
	// What the client has is counted when the call that sent it is over.
	requireSent := func(least int) {
		require.Eventually(t, func() bool { return sent.Load() > int64(least) }, time.Minute, time.Millisecond)
	}
	requireSent(len(content) - 4<<10) // all but what goes with the header
	sent.Store(0)
	a := other.do("GET", path, nil, "Range", "bytes=1000000-3999999")
	require.Equal(t, 206, a.status)
	assert.Equal(t, content[1_000_000:4_000_000], a.body)
	requireSent(3_000_000 - 4<<10)
}
