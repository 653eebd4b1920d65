package natsengine

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/id"
	"rtmwasm/gateway/session"
)

func TestAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		m    *nats.Msg
		want answer
	}{
		"nobody listens": {&nats.Msg{Header: nats.Header{"Status": {"503"}}}, nobodyListens},
		"received":       {&nats.Msg{Data: []byte{byte(session.Received)}}, received},
		"not received":   {&nats.Msg{Data: []byte{byte(session.NotReceived)}}, notReceived},
		"moved":          {&nats.Msg{Data: []byte{byte(session.Moved)}}, userMoved},
		"nonsense":       {&nats.Msg{Data: []byte("xyz")}, notReceived},
		"nothing":        {&nats.Msg{}, notReceived},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, answerOf(c.m)) })
	}
}

// While a user moves, the sessions at both gateways get a frame. The former one's answer does not
// hide that of the other.
func TestFrameThatTwoSessionsGet(t *testing.T) {
	e := openEngine(t, Options{})
	user := id.User{App: testApp, ID: "ada"}
	_, err := e.Claim(t.Context(), user, always(session.Record{Session: "s", Gateway: "g"}))
	require.NoError(t, err)
	stop, err := e.ListenPeer(user, func(_ []byte, receipt string) { e.Receipt(receipt, session.Moved) }, nil)
	require.NoError(t, err)
	t.Cleanup(stop)
	stop, err = e.ListenPeer(user, func(_ []byte, receipt string) { e.Receipt(receipt, session.Received) }, nil)
	require.NoError(t, err)
	t.Cleanup(stop)
	for range 3 {
		result := make(chan bool, 1)
		require.NoError(t, e.SendToPeer(user, []byte("hello"), time.Minute, func(received bool) { result <- received }))
		assert.True(t, <-result)
	}
	assert.Empty(t, e.deliveries.byID)
}

// What waits behind a frame for which nobody was there is given up with it.
func TestFramesForNobody(t *testing.T) {
	e := openEngine(t, Options{})
	given := make(chan string, 3)
	for _, name := range []string{"first", "second", "third"} {
		require.NoError(t, e.SendToPeer(id.User{App: testApp, ID: "nobody"}, []byte(name), time.Minute, func(received bool) {
			assert.False(t, received)
			given <- name
		}))
	}
	for _, name := range []string{"first", "second", "third"} {
		assert.Equal(t, name, <-given)
	}
}

// A sender is told of a frame that nobody answers when its time is over.
func TestFrameWithoutAnAnswer(t *testing.T) {
	e := openEngine(t, Options{})
	user := id.User{App: testApp, ID: "ada"}
	var late string
	stop, err := e.ListenPeer(user, func(_ []byte, receipt string) { late = receipt }, nil)
	require.NoError(t, err)
	t.Cleanup(stop)
	result := make(chan bool, 2)
	require.NoError(t, e.SendToPeer(user, []byte("hello"), 10*time.Millisecond, func(received bool) { result <- received }))
	assert.False(t, <-result)
	e.Receipt(late, session.Received)
	assert.Empty(t, result, "once")
	assert.Empty(t, e.deliveries.byUser)
}

// A frame for a user who is logging in, and does not listen yet, waits for them.
func TestFrameForAUserWhoIsLoggingIn(t *testing.T) {
	e := openEngine(t, Options{})
	user := id.User{App: testApp, ID: "ada"}
	_, err := e.Claim(t.Context(), user, always(session.Record{Session: "s", Gateway: "g"}))
	require.NoError(t, err)
	received := make(chan bool, 1)
	require.NoError(t, e.SendToPeer(user, []byte("hello"), time.Minute, func(ok bool) { received <- ok }))
	assert.Empty(t, received, "nothing is known yet")
	stop, err := e.ListenPeer(user, func(frame []byte, receipt string) {
		assert.Equal(t, "hello", string(frame))
		e.Receipt(receipt, session.Received)
	}, nil)
	require.NoError(t, err)
	t.Cleanup(stop)
	assert.True(t, <-received)
}

// A frame that was missed, where a later one was received, is not sent again behind that one: it
// fails. Nothing waits for it.
func TestFrameThatWasPassed(t *testing.T) {
	for name, c := range map[string]struct {
		first []session.Outcome // what the first frame is answered; nothing where it is lost
	}{
		"lost":    {nil},
		"refused": {[]session.Outcome{session.Moved}},
	} {
		t.Run(name, func(t *testing.T) {
			e := openEngine(t, Options{})
			user := id.User{App: testApp, ID: "ada"}
			_, err := e.Claim(t.Context(), user, always(session.Record{Session: "s", Gateway: "g"}))
			require.NoError(t, err)
			stop, err := e.ListenPeer(user, func(frame []byte, receipt string) {
				if string(frame) != "first" {
					e.Receipt(receipt, session.Received)
					return
				}
				for _, outcome := range c.first {
					e.Receipt(receipt, outcome)
				}
			}, nil)
			require.NoError(t, err)
			results := map[string]chan bool{}
			ask := func(frame string, timeout time.Duration) {
				result := make(chan bool, 1)
				results[frame] = result
				require.NoError(t, e.SendToPeer(user, []byte(frame), timeout, func(received bool) { result <- received }))
			}
			ask("first", time.Second)
			ask("second", time.Minute)
			require.True(t, <-results["second"])

			stop()
			got := make(chan string, 10)
			stop, err = e.ListenPeer(user, func(frame []byte, receipt string) {
				got <- string(frame)
				e.Receipt(receipt, session.Received)
			}, nil)
			require.NoError(t, err)
			t.Cleanup(stop)
			e.deliveries.redeliver(user)
			ask("third", time.Minute)
			assert.True(t, <-results["third"])
			assert.False(t, <-results["first"])
			assert.Equal(t, "third", <-got)
			assert.Empty(t, got)
		})
	}
}

// A frame that follows one that is not answered may reach the gateway to which the user has just come,
// and the one before may not.
func TestOrderGuard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := orderGuard{until: time.Now().Add(guardTime)}
		for _, c := range []struct {
			reply string
			takes bool
		}{
			{"_INBOX.a.1" + behindMark, false},
			{"_INBOX.a.2" + behindMark, false},
			{"_INBOX.a.3", true},
			{"_INBOX.a.4" + behindMark, true},
			{"_INBOX.b.1" + behindMark, false},
			{"_INBOX.b.2", true},
			{"", true},
		} {
			assert.Equal(t, c.takes, g.takes(c.reply), c.reply)
		}
		time.Sleep(guardTime)
		assert.True(t, g.takes("_INBOX.c.1"+behindMark), "all that was under way is answered by now")
	})
}
