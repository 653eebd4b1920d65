package natsengine

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/channel"
)

// cable is what a server of a cluster sends to another one. While it is held, nothing of it arrives,
// except what JetStream's servers say to each other: they stay one cluster.
type cable struct {
	mu sync.RWMutex // locked while it is held
}

// hold holds it until release, or the end of the test.
func (c *cable) hold(t *testing.T) (release func()) {
	c.mu.Lock()
	release = sync.OnceFunc(c.mu.Unlock)
	t.Cleanup(release)
	return release
}

// ownRoute is in the first bytes of a connection of the servers' own account, of one side.
var ownRoute = []byte(`"route_account":"$SYS"`)

func (c *cable) carry(to, from net.Conn, own *atomic.Bool) {
	defer to.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if bytes.Contains(buf[:n], ownRoute) {
			own.Store(true)
		}
		if !c.write(to, buf[:n], own) || err != nil {
			return
		}
	}
}

func (c *cable) write(to io.Writer, b []byte, own *atomic.Bool) bool {
	if !own.Load() {
		c.mu.RLock()
		defer c.mu.RUnlock()
	}
	_, err := to.Write(b)
	return err == nil
}

// testCluster is a cluster of three servers in this process, with an engine and a gateway at each.
type testCluster struct {
	servers []*server.Server
	engines []*Engine
	cables  map[[2]int]*cable // from server to server
}

// nowhere is an address where nobody listens.
const nowhere = "127.0.0.1:1"

func startCluster(t testing.TB) *testCluster {
	c := &testCluster{cables: map[[2]int]*cable{}}
	for i := range 3 {
		o := &server.Options{
			ServerName: fmt.Sprint("n", i),
			Host:       "127.0.0.1",
			Port:       server.RANDOM_PORT,
			JetStream:  true,
			StoreDir:   t.TempDir(),
			NoLog:      true,
			NoSigs:     true,
			Cluster: server.ClusterOpts{
				Name: "rtm", Host: "127.0.0.1", Port: server.RANDOM_PORT,
				NoAdvertise: true, Advertise: nowhere, // nobody goes around the cables
			},
			Routes: server.RoutesFromStr("nats://" + nowhere), // JetStream asks for one
		}
		for j, other := range c.servers {
			o.Routes = append(o.Routes, server.RoutesFromStr("nats://"+c.lay(t, i, j, other.ClusterAddr().String()))...)
		}
		s, err := server.NewServer(o)
		require.NoError(t, err)
		s.Start()
		t.Cleanup(func() {
			s.Shutdown()
			s.WaitForShutdown()
		})
		require.True(t, s.ReadyForConnections(time.Minute))
		c.servers = append(c.servers, s)
	}
	require.Eventually(t, func() bool {
		return slices.ContainsFunc(c.servers, (*server.Server).JetStreamIsLeader) && c.servers[0].NumRoutes() == c.servers[2].NumRoutes()
	}, time.Minute, 10*time.Millisecond)
	for i, s := range c.servers {
		e, err := Open(t.Context(), Options{Servers: []string{s.ClientURL()}, Replicas: 3})
		require.NoError(t, err)
		t.Cleanup(e.Close)
		require.NoError(t, e.RegisterGateway(t.Context(), fmt.Sprint("gateway", i), func() { t.Error("the gateway lapsed") }, func() {}))
		c.engines = append(c.engines, e)
	}
	return c
}

// lay returns where server i reaches server j.
func (c *testCluster) lay(t testing.TB, i, j int, target string) string {
	up, down := &cable{}, &cable{}
	c.cables[[2]int{i, j}], c.cables[[2]int{j, i}] = up, down
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", target)
			if err != nil {
				_ = near.Close()
				continue
			}
			own := &atomic.Bool{}
			go up.carry(far, near, own)
			go down.carry(near, far, own)
		}
	}()
	return l.Addr().String()
}

// around returns the two engines at the servers that do not lead a stream, and the cables from the
// server of the first to the second's, and from both to the leader's.
func (c *testCluster) around(t *testing.T, stream string) (first, second *Engine, across, fromFirst, fromSecond *cable) {
	info, err := c.engines[0].js.info(t.Context(), stream)
	require.NoError(t, err)
	leader := slices.IndexFunc(c.servers, func(s *server.Server) bool { return s.Name() == info.Cluster.Leader })
	a, b := (leader+1)%3, (leader+2)%3
	return c.engines[a], c.engines[b], c.cables[[2]int{a, b}], c.cables[[2]int{a, leader}], c.cables[[2]int{b, leader}]
}

func waitFor[T any](t *testing.T, c <-chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(time.Minute):
		require.FailNow(t, what)
	}
	return v
}

func mustPublish(t *testing.T, e *Engine, id channel.ID, frame string) (stored <-chan error) {
	done := make(chan error, 1)
	require.NoError(t, e.PublishChannel(id, []byte(frame), func(err error) { done <- err }))
	return done
}
