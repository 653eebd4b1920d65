package tests

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/native"
	"rtmwasm/tests/cluster"
)

// BenchmarkComingBack has half of COMING_BACK clients (1000 if it is not set) lose their gateway at the
// same moment, by kill -9 or because it drains. Each is in a channel of ten. It tells how long they take
// until they are CONNECTED at the other gateway, and until they are members of their channel there:
//
//	COMING_BACK=5000 go test -run '^$' -bench ComingBack -benchtime 1x ./tests
func BenchmarkComingBack(b *testing.B) {
	n, err := strconv.Atoi(os.Getenv("COMING_BACK"))
	if err != nil {
		n = 1000
	}
	for _, how := range []struct {
		name   string
		signal os.Signal
	}{{"killed", syscall.SIGKILL}, {"drained", syscall.SIGTERM}} {
		b.Run(how.name, func(b *testing.B) {
			for range b.N {
				comeBack(b, n, how.signal)
			}
		})
	}
}

// comer is one client of many.
type comer struct {
	native.NoEvents
	*core.Client
	host  *native.Host
	hall  *core.Channel
	crowd *crowd
}

// crowd is all of them.
type crowd struct {
	gone atomic.Int64 // when the gateway was signalled, Unix ns; 0 before

	mu                sync.Mutex // guards the rest
	connected, joined []time.Duration
	left, refused     int
	back              chan struct{}
}

// StateChanged implements core.Events.
func (c *comer) StateChanged(s core.State, _ core.Reason) {
	began := c.crowd.gone.Load()
	if began == 0 || s != core.Connected {
		return
	}
	connected := time.Since(time.Unix(0, began))
	c.hall.Members(func(_ []string, err *core.Error) { // done in order, behind joining again
		c.crowd.mu.Lock()
		defer c.crowd.mu.Unlock()
		if err != nil {
			c.crowd.refused++
		}
		c.crowd.connected = append(c.crowd.connected, connected)
		c.crowd.joined = append(c.crowd.joined, time.Since(time.Unix(0, began)))
		c.crowd.back <- struct{}{}
	})
}

// MemberLeft implements core.Events.
func (c *comer) MemberLeft(*core.Channel, string) {
	c.crowd.mu.Lock()
	defer c.crowd.mu.Unlock()
	c.crowd.left++
}

func comeBack(b *testing.B, n int, signal os.Signal) {
	servers, program := startCluster(b), buildGateway(b)
	gateways := startGateways(b, servers, program, 2)
	balancer, err := cluster.NewRelay(gateways[0].addr)
	require.NoError(b, err)
	b.Cleanup(balancer.Close)
	all := &crowd{back: make(chan struct{}, n)}
	hosts := make([]*native.Host, 16)
	for i := range hosts {
		hosts[i] = native.NewHost()
	}
	clients := make([]*comer, n)
	var entering sync.WaitGroup
	slots := make(chan struct{}, 64)
	for i := range clients {
		if i == n/2 {
			entering.Wait()
			balancer.Turn(gateways[1].addr)
		}
		c := &comer{host: hosts[i%len(hosts)], crowd: all}
		c.Client = core.New("0123456789abcdef0123456789abcdef", "http://"+balancer.Addr(), c.host, c)
		clients[i] = c
		slots <- struct{}{}
		entering.Go(func() {
			defer func() { <-slots }()
			for _, step := range []func(func(*core.Error)){
				func(done func(*core.Error)) { c.Login(fmt.Sprint("user-", i), "", done) },
				func(done func(*core.Error)) {
					c.hall = c.Channel(fmt.Sprint("hall-", i%(n/10))) // members at both gateways
					c.hall.Join(done)
				},
			} {
				if err := native.Done(b.Context(), c.host, step); err != nil {
					b.Error(err)
				}
			}
		})
	}
	entering.Wait()
	all.gone.Store(time.Now().UnixNano())
	require.NoError(b, gateways[0].Process.Signal(signal))
	timeout := time.After(2 * time.Minute)
	for range n / 2 {
		select {
		case <-all.back:
		case <-timeout:
			b.Fatal("not everybody came back")
		}
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	tell := func(what string, took []time.Duration) {
		slices.Sort(took)
		b.ReportMetric(took[len(took)/2].Seconds()*1000, what+"-p50-ms")
		b.ReportMetric(took[len(took)*99/100].Seconds()*1000, what+"-p99-ms")
		b.ReportMetric(took[len(took)-1].Seconds()*1000, what+"-max-ms")
	}
	tell("connected", all.connected)
	tell("joined", all.joined)
	b.ReportMetric(float64(all.refused), "refused")
	b.ReportMetric(float64(all.left), "seen-leaving")
	for _, c := range clients {
		c.host.Do(func() { _ = c.LogoutNow() })
	}
}
