package tests

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/native"
	"rtmwasm/tests/cluster"
)

// neighbour notes what it is told of others.
type neighbour struct {
	*member
	news chan string

	heard   atomic.Int64 // when the last peer message came, in Unix nanoseconds; 0 before the first
	silence atomic.Int64 // the longest time between two of them, in nanoseconds
}

// PeerMessage implements core.Events. The client acknowledges each message, so its gateway hears of it
// as often.
func (n *neighbour) PeerMessage(d *wire.Delivery) {
	now := time.Now().UnixNano()
	if before := n.heard.Swap(now); before != 0 {
		n.silence.Store(max(n.silence.Load(), now-before))
	}
	n.member.PeerMessage(d)
}

func (n *neighbour) MemberJoined(_ *core.Channel, uid string) { n.news <- "+" + uid }
func (n *neighbour) MemberLeft(_ *core.Channel, uid string)   { n.news <- "-" + uid }
func (n *neighbour) PeersChanged(list core.PresenceList) {
	for _, p := range list {
		n.news <- p.Uid + " " + p.State.String()
	}
}

func loginNeighbour(t *testing.T, addr, uid string) *neighbour {
	t.Helper()
	n := &neighbour{news: make(chan string, 1000)}
	n.member = &member{host: native.NewHost(), states: make(chan core.State, 100), texts: make(chan string, 10000)}
	n.Client = core.New("0123456789abcdef0123456789abcdef", "http://"+addr, n.host, n)
	require.Nil(t, outcome(t, n.member, func(done func(*core.Error)) { n.Login(uid, "", done) }))
	t.Cleanup(func() {
		n.host.Do(func() { _ = n.LogoutNow() })
		n.host.CloseIdle()
	})
	return n
}

func startGateways(t testing.TB, c *cluster.Cluster, program string, n int) (all []*process) {
	t.Helper()
	for range n {
		all = append(all, runWith(t, program, "--listen", "127.0.0.1:0", "--nats", strings.Join(c.URLs(), ","), "--media", c.Dir+"/media"))
	}
	return all
}

// A client goes on at another gateway, whatever became of its own: others see nothing of
// it, and what was sent meanwhile arrives once and in order.
func TestClusterSessions(t *testing.T) {
	t.Parallel()
	c, program := startCluster(t), buildGateway(t)
	for name, leave := range map[string]func(t *testing.T, from *process, balancer *cluster.Relay){
		"moved":  func(*testing.T, *process, *cluster.Relay) {},
		"killed": func(_ *testing.T, from *process, _ *cluster.Relay) { from.kill() },
		"drained": func(t *testing.T, from *process, _ *cluster.Relay) {
			require.NoError(t, from.Process.Signal(syscall.SIGTERM))
		},
		"hung": func(t *testing.T, from *process, _ *cluster.Relay) {
			require.NoError(t, cluster.Pause(from.Process))
			t.Cleanup(func() { _ = cluster.Resume(from.Process) })
		},
	} {
		gateways := startGateways(t, c, program, 2)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			balancer, err := cluster.NewRelay(gateways[0].addr)
			require.NoError(t, err)
			t.Cleanup(balancer.Close)
			s := &stay{alice: loginNeighbour(t, balancer.Addr(), name+"-alice"), bob: loginNeighbour(t, gateways[1].addr, name+"-bob")}
			s.begin(t, name+"-hall")
			s.talk(t, 10)
			s.await(t, 10)
			balancer.Turn(gateways[1].addr)
			began := time.Now()
			leave(t, gateways[0], balancer)
			balancer.Cut()
			s.talk(t, 20)
			s.await(t, 11)
			t.Logf("recovered: %s: first message after %v", name, time.Since(began).Round(time.Millisecond))
			s.await(t, 30)
			s.end(t)
		})
	}
	t.Run("rolling upgrade", func(t *testing.T) {
		t.Parallel()
		rollingUpgrade(t, c, program)
	})
}

// Each of two gateways is replaced while users talk and upload: nothing is lost, and nobody seems to
// leave. The new program is the same as the old one.
func rollingUpgrade(t *testing.T, c *cluster.Cluster, program string) {
	gateways := startGateways(t, c, program, 2)
	var balancers []*cluster.Relay
	for _, g := range gateways {
		b, err := cluster.NewRelay(g.addr)
		require.NoError(t, err)
		t.Cleanup(b.Close)
		balancers = append(balancers, b)
	}
	s := &stay{alice: loginNeighbour(t, balancers[0].Addr(), "rolling-alice"), bob: loginNeighbour(t, balancers[1].Addr(), "rolling-bob"), bobMoves: true}
	s.begin(t, "rolling-hall")
	content := randomFile(24 << 20)
	upload := s.alice.startUpload(t, content)
	talking, upgraded := make(chan struct{}), make(chan struct{})
	stop := sync.OnceFunc(func() {
		close(upgraded)
		<-talking
	})
	t.Cleanup(stop) // also where the test ends early: it is used until then
	go func() {
		defer close(talking)
		for {
			s.talk(t, 2)
			s.await(t, s.sent)
			select {
			case <-upgraded:
				return
			case <-time.After(100 * time.Millisecond): // 60 messages a second are allowed
			}
		}
	}()
	for i, old := range gateways {
		for _, b := range balancers {
			b.Turn(gateways[1-i].addr)
		}
		require.NoError(t, old.Process.Signal(syscall.SIGTERM))
		upload.release()
		require.NoError(t, old.Wait(), "it ends well")
		gateways[i] = startGateways(t, c, program, 1)[0]
	}
	assert.Equal(t, content, s.bob.fetch(t, upload.finish(t)))
	stop()
	require.False(t, t.Failed())
	t.Logf("%d messages each way meanwhile", s.sent)
	s.end(t)
}

// stay is bob's talking to alice, who goes from one gateway to another meanwhile.
type stay struct {
	alice, bob *neighbour
	bobMoves   bool // and may be told again that alice is online
	hall       *core.Channel
	sent       int
	answers    sync.WaitGroup
	got        map[string]int // the last number, by peer or channel

	mu   sync.Mutex
	late map[int]bool // messages to alice for which she came back too late: they may be lost
}

func (s *stay) begin(t *testing.T, channel string) {
	s.got, s.late = map[string]int{}, map[int]bool{}
	s.hall = s.bob.Channel(channel)
	require.Nil(t, outcome(t, s.bob.member, s.hall.Join))
	require.Nil(t, outcome(t, s.alice.member, s.alice.Channel(channel).Join))
	require.Equal(t, "+"+s.alice.UID(), next(t, s.bob.news))
	require.Nil(t, outcome(t, s.bob.member, func(done func(*core.Error)) { s.bob.SubscribePeers([]string{s.alice.UID()}, done) }))
	require.Equal(t, s.alice.UID()+" ONLINE", next(t, s.bob.news))
}

// talk sends n messages to alice and to the channel.
func (s *stay) talk(t *testing.T, n int) {
	for range n {
		s.sent++
		number := s.sent
		text := &core.Outgoing{Message: &core.Message{Type: wire.Message_TEXT, Text: fmt.Sprint(number)}}
		s.answers.Add(2)
		s.bob.host.Do(func() {
			began := time.Now()
			s.bob.SendToPeer(s.alice.UID(), text, false, func(received bool, err *core.Error) {
				assert.Nil(t, err)
				if !received && assert.True(t, s.alice.missed(began), "message %d is answered as received", number) {
					s.mu.Lock()
					s.late[number] = true
					s.mu.Unlock()
				}
				s.answers.Done()
			})
			s.hall.Send(text, func(err *core.Error) {
				assert.Nil(t, err)
				s.answers.Done()
			})
		})
	}
}

// await returns when alice has n messages by each way, except those that are late.
func (s *stay) await(t *testing.T, n int) {
	limit := time.After(waitLimit)
	for s.lacks("peer", n+1) || s.lacks("hall", n+1) {
		select {
		case text := <-s.alice.texts:
			s.take(t, text)
		case <-time.After(100 * time.Millisecond): // what did not come may be late now
		case <-limit:
			require.Fail(t, "nothing came", "of %d messages: %v", n, s.got)
		}
	}
}

// take takes a message that comes to alice.
func (s *stay) take(t *testing.T, message string) {
	from, text, _ := strings.Cut(message, ": ")
	way := "peer"
	if strings.HasSuffix(from, "hall") {
		way = "hall"
	}
	number, err := strconv.Atoi(text)
	require.NoError(t, err)
	require.Greater(t, number, s.got[way], "once and in order: %s", way)
	// The answer that says that one before is late may come after this one.
	require.Eventually(t, func() bool { return !s.lacks(way, number) }, waitLimit, 10*time.Millisecond, "%s: %d comes after %d", way, number, s.got[way])
	s.got[way] = number
}

// lacks reports whether a message before number did not come, and is not late.
func (s *stay) lacks(way string, number int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := s.got[way] + 1; n < number; n++ {
		if way == "hall" || !s.late[n] {
			return true
		}
	}
	return false
}

func (s *stay) end(t *testing.T) {
	s.answers.Wait()
	for len(s.alice.texts) > 0 { // what is late; nothing comes twice
		s.take(t, <-s.alice.texts)
	}
	t.Logf("the longest time without a message: %v", time.Duration(s.alice.silence.Load()).Round(time.Millisecond))
	for len(s.bob.news) > 0 {
		news := <-s.bob.news
		assert.True(t, s.mayHear(news), "others see nothing of it, not %s", news)
	}
	require.Nil(t, outcome(t, s.alice.member, func(done func(*core.Error)) { s.alice.Logout(done) }))
	var news []string
	for len(news) < 2 {
		if n := next(t, s.bob.news); !s.mayHear(n) {
			news = append(news, n)
		}
	}
	assert.ElementsMatch(t, []string{"-" + s.alice.UID(), s.alice.UID() + " OFFLINE"}, news, "until alice leaves")
}

// mayHear reports whether bob may be told something although alice stays.
func (s *stay) mayHear(news string) bool {
	slow := time.Duration(s.alice.silence.Load()) > core.UnreachableAfter/2 // on a busy machine
	switch news {
	case s.alice.UID() + " UNREACHABLE":
		return slow
	case s.alice.UID() + " ONLINE":
		return slow || s.bobMoves
	}
	return false
}
