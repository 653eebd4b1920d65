package natsengine

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/presence"
	"rtmwasm/gateway/session"
)

// What one server of a cluster knows reaches the others later, and not in the order of what other
// servers tell them. Nothing is missed for that.
func TestServersThatLearnLate(t *testing.T) {
	c := startCluster(t)
	t.Run("who listens to a channel", c.testLateListener)
	t.Run("what is in the history", c.testLateHistory)
	t.Run("who follows a user", c.testLateFollower)
	t.Run("who follows a channel's members", c.testLateMemberFollower)
	t.Run("who listens for a user", c.testLateReceiver)
	t.Run("gateways that do not answer", c.testSilentGateways)
	t.Run("gateways that do not answer, where nobody joins", c.testLook)
}

// What is sent while the sender's server does not know the listener is in the history that the
// listener reads. What is sent after that comes by itself.
func (c *testCluster) testLateListener(t *testing.T) {
	listener, sender, across, _, _ := c.around(t, historyStream)
	room := channel.ID{App: testApp, Channel: "late listener"}
	began := time.Now()
	release := across.hold(t)
	live := make(chan string, 8)
	entered := make(chan [][]byte, 1)
	go func() {
		stop, err := listener.ListenChannel(room, func(frame []byte) { live <- string(frame) })
		if assert.NoError(t, err) {
			t.Cleanup(stop)
			frames, err := listener.RecentFrames(t.Context(), room, began)
			assert.NoError(t, err)
			entered <- frames
		}
	}()
	inTime(entered, func(frames [][]byte) { entered <- frames })
	stored := mustPublish(t, sender, room, "one")
	require.NoError(t, waitFor(t, stored, "not stored"))
	release()
	var got []string
	for _, frame := range waitFor(t, entered, "the gateway does not get to listen") {
		got = append(got, string(frame))
	}
	mustPublish(t, sender, room, "two")
	for len(got) == 0 || got[len(got)-1] != "two" {
		got = append(got, waitFor(t, live, "a message is missing"))
	}
	assert.Equal(t, []string{"one", "two"}, got)
}

// A message comes to those who listen before it comes to the history. Who begins to hold messages
// between finds it there.
func (c *testCluster) testLateHistory(t *testing.T) {
	sender, listener, _, toHistory, _ := c.around(t, historyStream)
	room := channel.ID{App: testApp, Channel: "late history"}
	began := time.Now()
	live := make(chan string, 8)
	stop, err := listener.ListenChannel(room, func(frame []byte) { live <- string(frame) })
	require.NoError(t, err)
	t.Cleanup(stop)
	release := toHistory.hold(t)
	stored := mustPublish(t, sender, room, "one")
	require.Equal(t, "one", waitFor(t, live, "nothing comes"))
	read := make(chan [][]byte, 1)
	go func() {
		frames, err := listener.RecentFrames(t.Context(), room, began)
		assert.NoError(t, err)
		read <- frames
	}()
	inTime(read, func(frames [][]byte) { read <- frames })
	release()
	assert.Equal(t, [][]byte{[]byte("one")}, waitFor(t, read, "the history is not read"))
	require.NoError(t, waitFor(t, stored, "not stored"))
}

// A change that a look-up does not have comes by itself, though the leader of the stream learns
// late who follows the user.
func (c *testCluster) testLateFollower(t *testing.T) {
	follower, other, _, toLeader, _ := c.around(t, kvStream+sessionBucket)
	ada := id.User{App: testApp, ID: "ada"}
	release := toLeader.hold(t)
	seen := follow(t, follower, ada)
	found := make(chan presence.Event, 1)
	go func() {
		events, err := follower.LookUpPresence(t.Context(), []id.User{ada})
		if assert.NoError(t, err) {
			found <- events[0]
		}
	}()
	inTime(found, func(e presence.Event) { found <- e })
	_, err := other.Claim(t.Context(), ada, always(session.Record{Session: "s", Gateway: "g"}))
	require.NoError(t, err)
	release()
	if waitFor(t, found, "the look-up does not end").State != presence.Online {
		assert.Equal(t, presence.Online, waitFor(t, seen, "the change is missing").State)
	}
}

// A change of members that the snapshot does not have comes by itself: the follower's own entry goes
// to the leader behind the subscription.
func (c *testCluster) testLateMemberFollower(t *testing.T) {
	follower, other, _, toLeader, _ := c.around(t, memberStream)
	release := toLeader.hold(t)
	seen := make(chan string, 8)
	stop, err := follower.FollowMembers(hall, func(e channel.Event) { seen <- e.UID })
	require.NoError(t, err)
	t.Cleanup(stop)
	read := make(chan channel.Snapshot, 1)
	go func() {
		revision, err := follower.Enter(t.Context(), memberOf("g", "ada", 1))
		if assert.NoError(t, err) {
			s, err := follower.Members(t.Context(), hall, revision)
			assert.NoError(t, err)
			read <- s
		}
	}()
	inTime(read, func(s channel.Snapshot) { read <- s })
	_, err = other.Enter(t.Context(), memberOf("h", "bob", 1))
	require.NoError(t, err)
	release()
	snapshot := waitFor(t, read, "the members are not read")
	known := map[string]bool{}
	for _, m := range snapshot.Members {
		known[m.UID] = true
	}
	for !known["bob"] {
		known[waitFor(t, seen, "the change is missing")] = true
	}
}

// A message to a user waits until the sender's server knows who listens.
func (c *testCluster) testLateReceiver(t *testing.T) {
	receiver, sender, across, _, _ := c.around(t, kvStream+sessionBucket)
	bob := id.User{App: testApp, ID: "bob"}
	release := across.hold(t)
	_, err := receiver.Claim(t.Context(), bob, always(session.Record{Session: "s", Gateway: "g"}))
	require.NoError(t, err)
	got := make(chan string, 8)
	stop, err := receiver.ListenPeer(bob, func(frame []byte, receipt string) {
		got <- string(frame)
		receiver.Receipt(receipt, session.Received)
	}, func() {})
	require.NoError(t, err)
	t.Cleanup(stop)
	answered := make(chan bool, 1)
	require.NoError(t, sender.SendToPeer(bob, []byte("hello"), time.Minute, func(received bool) { answered <- received }))
	inTime(answered, func(received bool) { answered <- received })
	release()
	assert.True(t, waitFor(t, answered, "no answer comes"))
	assert.Equal(t, "hello", waitFor(t, got, "nothing comes"))
}

// A gateway that is gone holds nobody up. One that hangs is waited for once, until it answers again.
func (c *testCluster) testSilentGateways(t *testing.T) {
	e := c.engines[0]
	_, err := e.nc.SubscribeSync(fenceSubject + "hung")
	require.NoError(t, err)
	// asked tells what came of a question. Gateways that nobody keeps alive are removed in time: they
	// are there when it is asked.
	asked := func(want func() bool) func() bool {
		return func() bool {
			for _, id := range []string{"gone", "hung"} {
				if e.register(t.Context(), id) != nil {
					return false
				}
			}
			_, err := e.RecentFrames(t.Context(), hall, time.Now())
			return err == nil && want()
		}
	}
	require.Eventually(t, asked(func() bool { // a gateway that was slow once is asked again
		return e.fence.isSilent("hung") && !e.fence.isSilent("gone") && !e.fence.isSilent("gateway1")
	}), time.Minute, time.Millisecond)
	_, err = e.nc.Subscribe(fenceSubject+"hung", func(m *nats.Msg) { _ = m.Respond(nil) })
	require.NoError(t, err)
	require.Eventually(t, asked(func() bool { return !e.fence.isSilent("hung") }), time.Minute, time.Millisecond)
}

// Whether a gateway hangs is known before anybody waits for its answer.
func (c *testCluster) testLook(t *testing.T) {
	e := c.engines[0]
	hangs := &atomic.Bool{}
	hangs.Store(true)
	_, err := e.nc.Subscribe(fenceSubject+"stuck", func(m *nats.Msg) {
		if !hangs.Load() {
			_ = m.Respond(nil)
		}
	})
	require.NoError(t, err)
	becomes := func(silent bool) func() bool {
		return func() bool { // it is registered again and again: nobody keeps it alive
			return e.register(t.Context(), "stuck") == nil && e.fence.isSilent("stuck") == silent
		}
	}
	require.Eventually(t, becomes(true), time.Minute, 10*time.Millisecond)
	hangs.Store(false)
	require.Eventually(t, becomes(false), time.Minute, 10*time.Millisecond)
}

// inTime calls f with what comes within a time that is given to what must wait for a cable that is
// held. What waits as it should passes however long that is.
func inTime[T any](c <-chan T, f func(T)) {
	select {
	case v := <-c:
		f(v)
	case <-time.After(500 * time.Millisecond):
	}
}

// A gateway that was asked before the connection was lost, and does not answer, is waited for after
// it again.
func TestQuestionsBeforeALossShowNothing(t *testing.T) {
	e := openEngine(t, Options{})
	asked, err := e.nc.SubscribeSync(fenceSubject + "other")
	require.NoError(t, err)
	require.NoError(t, e.register(t.Context(), "other"))
	for _, lost := range []bool{true, false} {
		ended := make(chan error, 1)
		go func() { ended <- e.askGateways("") }()
		_, err = asked.NextMsg(time.Minute)
		require.NoError(t, err)
		if lost {
			e.fence.forget()
		}
		require.NoError(t, waitFor(t, ended, "the question does not end"))
		assert.Equal(t, !lost, e.fence.isSilent("other"))
	}
}
