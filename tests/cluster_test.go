package tests

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"net"
	"net/http/httptest"
	"net/http/httputil"
	neturl "net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/coretest"
	"rtmwasm/core/wire"
	"rtmwasm/gateway"
	"rtmwasm/gateway/mediastore/storetest"
	"rtmwasm/gateway/mediaurl"
	"rtmwasm/gateway/natsengine"
	"rtmwasm/native"
	"rtmwasm/tests/cluster"
	"rtmwasm/tests/scenario"
)

// startCluster runs three NATS servers.
func startCluster(t testing.TB) *cluster.Cluster { return startClusterAs(t, cluster.Options{}) }

func startClusterAs(t testing.TB, options cluster.Options) *cluster.Cluster {
	t.Helper()
	program, dir := buildNATS(t), t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	require.NoError(t, os.Mkdir(dir+"/media", 0o700)) // of all gateways
	c, err := cluster.Start(ctx, program, dir, options)
	require.NoError(t, err)
	t.Cleanup(func() {
		c.Stop()
		if t.Failed() && testing.Verbose() {
			for _, name := range []string{"n1", "n2", "n3"} {
				log, _ := os.ReadFile(dir + "/" + name + ".log")
				t.Logf("%s:\n%s", name, log)
			}
		}
	})
	return c
}

// startGatewayOn runs a gateway on a cluster and returns its address.
func startGatewayOn(t *testing.T, c *cluster.Cluster) (url string) {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelInfo}))
	engine, err := natsengine.Open(t.Context(), natsengine.Options{Servers: c.URLs(), Logger: log})
	require.NoError(t, err)
	t.Cleanup(engine.Close)
	server, err := gateway.New(gateway.Config{
		Engine: engine, MediaStore: storetest.New(t, engine.MediaRecords(), c.Dir), MediaGateways: engine.MediaGateways(), MediaURLKeys: mediaurl.NewRing(engine.MediaKeys(), nil, 0), Logger: log,
	})
	require.NoError(t, err)
	site := httptest.NewServer(server.Handler())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), waitLimit)
		defer cancel()
		require.NoError(t, server.Close(ctx))
		site.Close()
	})
	return site.URL
}

// balance sends each request to the next gateway that takes connections, and each socket to
// the next after the last one's: nothing is sticky, and of two users who log in one is here
// and one there. One that is gone must be left out, as by any balancer: in turn with another
// it could get every second request of an upload, and with it all that carry content.
func balance(t *testing.T, urls ...string) (url string) {
	t.Helper()
	var requests, sockets atomic.Uint64
	site := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			last := &requests
			if r.In.Header.Get("Upgrade") != "" {
				last = &sockets
			}
			var to *neturl.URL
			for range urls {
				var err error
				to, err = neturl.Parse(urls[last.Add(1)%uint64(len(urls))])
				if !assert.NoError(t, err) {
					return
				}
				if c, err := net.Dial("tcp", to.Host); err == nil {
					_ = c.Close()
					break
				}
			}
			r.SetURL(to)
		},
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	})
	t.Cleanup(site.Close)
	return site.URL
}

func TestConformanceOnCluster(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	url := balance(t, startGatewayOn(t, c), startGatewayOn(t, c))
	coretest.Run(t, url, func(t *testing.T) coretest.Transport {
		h := native.NewHost()
		t.Cleanup(h.CloseIdle)
		return nativeTransport{h}
	})
}

// One NATS server after the other is killed in mid-traffic and comes back, and clients
// behind bad networks come to either gateway: nothing that was acknowledged is lost,
// nothing comes twice.
func TestClusterServersKilled(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	url := balance(t, startGatewayOn(t, c), startGatewayOn(t, c))
	ctx, cancel := context.WithCancel(t.Context())
	killed := make(chan int, 1)
	watcher := login(t, strings.TrimPrefix(url, "http://"), "watcher")
	hall := watcher.Channel("watched")
	require.Nil(t, outcome(t, watcher, hall.Join))
	stored := func() error {
		return native.Done(t.Context(), watcher.host, func(done func(*core.Error)) {
			hall.Send(&core.Outgoing{Message: &core.Message{Type: wire.Message_TEXT, Text: "is anybody there?"}}, done)
		})
	}
	go func() { killed <- killInTurn(ctx, t, c, stored) }()
	report, err := scenario.Run(t.Context(), scenario.Options{
		Seed:    1,
		Gateway: strings.TrimPrefix(url, "http://"),
		Users:   3,
		Files:   5,
		MaxFile: 8 << 20,
		Rounds:  24,
		Limit:   10 * time.Minute, // on a machine that is busy

		Hang:      2 * time.Second,
		MediaHang: 8 * time.Second,
		Unordered: true,
	})
	cancel()
	if !assert.NoError(t, err) {
		t.Log(strings.Join(report.Log, "\n"))
	}
	n := <-killed
	require.NotZero(t, n)
	t.Logf("%v: %d files of %d bytes, %d messages (%d reported), %d gaps, %d servers killed",
		report.Took, report.Files, report.Bytes, report.Sent, report.Reported, report.Gaps, n)
}

// Times of killInTurn: for how long all servers run well, and for how long one is away.
// Within the latter the cluster chooses new leaders.
const (
	allUp   = 2 * time.Second
	oneDown = 5 * time.Second
)

// killInTurn returns when all servers run well again. After each kill it tells when stored
// works again.
func killInTurn(ctx context.Context, t *testing.T, c *cluster.Cluster, stored func() error) (killed int) {
	wait := func(d time.Duration) {
		select {
		case <-time.After(d):
		case <-ctx.Done():
		}
	}
	for {
		wait(allUp)
		if ctx.Err() != nil {
			return killed
		}
		s := c.Servers[killed%cluster.Size]
		s.Kill()
		killed++
		began := time.Now()
		err := stored()
		for err != nil && time.Since(began) < oneDown && ctx.Err() == nil {
			wait(50 * time.Millisecond)
			err = stored()
		}
		took := time.Since(began)
		t.Logf("recovered: a channel message is stored %v after the death of a server (error: %v)", took.Round(time.Millisecond), err)
		wait(oneDown - took)
		assert.NoError(t, s.Start())
		assert.NoError(t, c.Healthy(t.Context()))
	}
}

// A gateway is killed while an upload runs through it; the client goes on at another, which
// has what the first one stored, and the digest of it.
func TestClusterGatewayKilled(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	program := buildGateway(t)
	var gateways []*process
	var urls []string
	for range 2 {
		g := runWith(t, program, "--listen", "127.0.0.1:0", "--nats", strings.Join(c.URLs(), ","), "--media", c.Dir+"/media")
		gateways = append(gateways, g)
		urls = append(urls, "http://"+g.addr)
	}
	addr := strings.TrimPrefix(balance(t, urls...), "http://")
	alice := login(t, addr, "alice")

	content := randomFile(24 << 20)
	upload := alice.startUpload(t, content)
	gateways[0].kill()
	upload.release()
	id := upload.finish(t)
	bob := login(t, gateways[1].addr, "bob")
	assert.Equal(t, sha256.Sum256(content), sha256.Sum256(bob.fetch(t, id)))
}
