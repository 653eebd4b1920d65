package faultproxy_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/tests/faultproxy"
)

// script is a Schedule that names its faults; other connections have none.
type script map[faultproxy.Class][][]faultproxy.Fault

func (s script) Faults(class faultproxy.Class, n int) []faultproxy.Fault {
	if n < len(s[class]) {
		return s[class][n]
	}
	return nil
}

// all makes every fault that of the first connection, whichever its class.
func all(faults ...faultproxy.Fault) script {
	return script{faultproxy.Media: {faults}, faultproxy.Socket: {faults}}
}

// peer is the gateway's end of a connection, and what it heard.
type peer struct {
	net.Conn
	heard chan heard
}

type heard struct {
	bytes []byte
	err   error
}

// listen accepts connections and sends answer on each as soon as it has said n bytes.
func listen(t *testing.T, n int, answer string) (addr string, peers <-chan peer) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	out := make(chan peer, 64)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			p := peer{conn, make(chan heard, 1)}
			out <- p
			go func() {
				head := make([]byte, n)
				m, err := io.ReadFull(conn, head)
				if err == nil {
					_, _ = io.WriteString(conn, answer)
				}
				var rest []byte
				if err == nil {
					rest, err = io.ReadAll(conn)
				}
				p.heard <- heard{append(head[:m], rest...), err}
				_ = conn.Close()
			}()
		}
	}()
	return l.Addr().String(), out
}

func start(t *testing.T, target string, s faultproxy.Schedule) *faultproxy.Proxy {
	t.Helper()
	p, err := faultproxy.Start(target, s)
	require.NoError(t, err)
	t.Cleanup(p.Close)
	return p
}

func dial(t *testing.T, p *faultproxy.Proxy) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c.(*net.TCPConn)
}

const request = "GET /media/0123456789 HTTP/1.1\r\n\r\n"

func TestFaults(t *testing.T) {
	long := 3 * time.Second
	for _, test := range []struct {
		name    string
		fault   faultproxy.Fault
		read    string // by the client
		reset   bool   // the client's connection ends with RST
		heard   string // by the gateway
		broken  bool   // the gateway's connection ends with RST
		slow    bool   // the client's answer comes late
		delayed bool   // the gateway's end comes late
	}{
		{name: "none", read: "answer", heard: request},
		{name: "cut going up", fault: faultproxy.Fault{Kind: faultproxy.Cut, After: 9}, heard: request[:9]},
		{name: "cut going down", fault: faultproxy.Fault{Kind: faultproxy.Cut, Way: faultproxy.Down, After: 3}, read: "ans", heard: request},
		{name: "reset", fault: faultproxy.Fault{Kind: faultproxy.Reset, After: 9}, reset: true, heard: request[:9], broken: true},
		{name: "stall", fault: faultproxy.Fault{Kind: faultproxy.Stall, After: 9, For: long}, read: "answer", heard: request, slow: true},
		{name: "delay", fault: faultproxy.Fault{Kind: faultproxy.Delay, Way: faultproxy.Down, For: long}, read: "answer", heard: request, slow: true},
		{name: "truncate", fault: faultproxy.Fault{Kind: faultproxy.Truncate, Way: faultproxy.Down, After: 2}, read: "an", heard: request},
		{name: "strand", fault: faultproxy.Fault{Kind: faultproxy.Strand, After: 9, For: long}, heard: request[:9], delayed: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			target, peers := listen(t, len(request), "answer")
			schedule := all(test.fault)
			if test.fault.Kind == "" {
				schedule = nil
			}
			p := start(t, target, schedule)
			c := dial(t, p)
			began := time.Now()
			_, err := io.WriteString(c, request)
			require.NoError(t, err)
			got := make([]byte, len("answer"))
			n, err := io.ReadFull(c, got)
			took := time.Since(began)
			assert.Equal(t, test.read, string(got[:n]))
			assert.Equal(t, test.reset, errors.Is(err, syscall.ECONNRESET), "%v", err)
			assert.Equal(t, test.slow, took >= long, "%v", took)
			require.NoError(t, c.Close())
			h := <-(<-peers).heard
			assert.Equal(t, test.heard, string(h.bytes))
			assert.Equal(t, test.broken, errors.Is(h.err, syscall.ECONNRESET), "%v", h.err)
			if test.delayed {
				assert.GreaterOrEqual(t, time.Since(began), long)
			}
			if test.fault.Kind != "" {
				require.Len(t, p.Log(), 1)
				assert.Equal(t, test.fault, p.Log()[0].Fault)
			}
		})
	}
}

func TestRefuse(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }))
	t.Cleanup(site.Close)
	p := start(t, site.Listener.Addr().String(), script{faultproxy.Media: {nil, {{Kind: faultproxy.Refuse, Times: 2}}}})
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	get := func(path string) int {
		r, err := client.Get("http://" + p.Addr() + path)
		require.NoError(t, err)
		require.NoError(t, r.Body.Close())
		return r.StatusCode
	}
	assert.Equal(t, 200, get("/media/x"))
	assert.Equal(t, 503, get("/media/x"))
	assert.Equal(t, 200, get("/rtm"), "sockets are not refused")
	assert.Equal(t, 503, get("/media/x"))
	assert.Equal(t, 200, get("/media/x"))
}

func TestRepeat(t *testing.T) {
	bodies := make(chan string, 3)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies <- r.Method + " " + r.URL.Path + " " + string(body)
	}))
	t.Cleanup(site.Close)
	p := start(t, site.Listener.Addr().String(), all(faultproxy.Fault{Kind: faultproxy.Repeat, Way: faultproxy.Down, After: 1}))
	r, err := http.Post("http://"+p.Addr()+"/media/", "", strings.NewReader("abc"))
	require.NoError(t, err)
	require.NoError(t, r.Body.Close())
	for range 2 {
		assert.Equal(t, "POST /media/ abc", <-bodies)
	}
	p.Close()
	assert.Empty(t, bodies, "twice, not three times")
	assert.Len(t, p.Log(), 1)
}

func TestBytesAreNotAltered(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }))
	t.Cleanup(site.Close)
	p := start(t, site.Listener.Addr().String(), all(
		faultproxy.Fault{Kind: faultproxy.Delay, For: time.Millisecond},
		faultproxy.Fault{Kind: faultproxy.Stall, Way: faultproxy.Up, After: 123_456, For: 20 * time.Millisecond},
		faultproxy.Fault{Kind: faultproxy.Stall, Way: faultproxy.Down, After: 654_321, For: 20 * time.Millisecond},
	))
	body := make([]byte, 2<<20)
	for i := range body {
		body[i] = byte(i ^ i>>8 ^ i>>16)
	}
	r, err := http.Post("http://"+p.Addr()+"/media/", "", bytes.NewReader(body))
	require.NoError(t, err)
	got, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	require.NoError(t, r.Body.Close())
	assert.True(t, bytes.Equal(body, got))
	assert.Len(t, p.Log(), 3)
}

func TestSetTarget(t *testing.T) {
	p := start(t, "127.0.0.1:1", nil) // nobody listens there
	c := dial(t, p)
	_, err := io.WriteString(c, request)
	require.NoError(t, err)
	_, err = io.ReadAll(c)
	require.ErrorIs(t, err, syscall.ECONNRESET)

	target, _ := listen(t, len(request), "answer")
	p.SetTarget(target)
	c = dial(t, p)
	_, err = io.WriteString(c, request)
	require.NoError(t, err)
	got := make([]byte, len("answer"))
	_, err = io.ReadFull(c, got)
	require.NoError(t, err)
}

// The same seed and order of connections give the same faults.
func TestSeedDecides(t *testing.T) {
	run := func(seed uint64) (log []string) {
		target, _ := listen(t, len(request), strings.Repeat("answer", 1000))
		p := start(t, target, faultproxy.Random{Seed: seed})
		for range 20 {
			c := dial(t, p)
			_, _ = io.WriteString(c, request) // it may be cut at once
			_ = c.CloseWrite()
			_ = c.SetReadDeadline(time.Now().Add(time.Minute))
			_, _ = io.ReadAll(c)
			require.NoError(t, c.Close())
		}
		p.Close()
		for _, e := range p.Log() {
			log = append(log, string(e.Class)+strconv.Itoa(e.N)+e.Fault.String())
		}
		return log
	}
	first := run(1)
	assert.Equal(t, first, run(1))
	assert.NotEqual(t, first, run(2))
	assert.NotEmpty(t, first)
}

// Every kind of fault is drawn, and sockets keep their promise.
func TestRandomSchedule(t *testing.T) {
	s := faultproxy.Random{Seed: 1, Hang: 8 * time.Second, MediaHang: 8 * time.Second}
	kinds := map[faultproxy.Kind]int{}
	for n := range 3000 {
		for _, class := range []faultproxy.Class{faultproxy.Socket, faultproxy.Media} {
			faults := s.Faults(class, n)
			assert.Equal(t, faults, s.Faults(class, n))
			for _, f := range faults {
				kinds[f.Kind]++
				if class == faultproxy.Media || f.Kind == faultproxy.Delay {
					continue
				}
				assert.NotEqual(t, faultproxy.Refuse, f.Kind)
				if f.Kind == faultproxy.Stall && n%3 != 0 {
					assert.LessOrEqual(t, f.For, time.Second)
				}
				if n%3 == 2 {
					assert.GreaterOrEqual(t, f.After, int64(4096))
				}
			}
		}
	}
	for _, kind := range []faultproxy.Kind{
		faultproxy.Delay, faultproxy.Stall, faultproxy.Cut, faultproxy.Reset, faultproxy.Strand, faultproxy.Truncate, faultproxy.Refuse,
	} {
		assert.Greater(t, kinds[kind], 50, "%s", kind)
	}
}
