package natsengine

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A message may be sent again as soon as its time is over, even if that is while it is still being sent.
func TestRequestThatIsRepeated(t *testing.T) {
	e := openEngine(t, Options{})
	m := &nats.Msg{Subject: "test.request", Data: []byte("hello"), Header: nats.Header{"X": {"y"}}}
	got := make(chan *nats.Msg, 100)
	stop, err := e.dispatcher.subscribe(m.Subject, func(m *nats.Msg) { got <- m })
	require.NoError(t, err)
	defer stop()
	const tries = 20
	var send func(left int)
	over := make(chan struct{})
	send = func(left int) {
		assert.NoError(t, e.requests.sendMsg(m, time.Nanosecond, func(answer *nats.Msg) {
			assert.Nil(t, answer)
			if left == 0 {
				close(over)
				return
			}
			send(left - 1)
		}))
	}
	send(tries - 1)
	<-over
	replies := map[string]bool{}
	for range tries {
		m := <-got
		assert.Equal(t, "hello", string(m.Data))
		assert.Equal(t, "y", m.Header.Get("X"))
		replies[m.Reply] = true
	}
	assert.Len(t, replies, tries, "each has an answer of its own")
	assert.Empty(t, m.Reply)
}

// An answer that comes too late is told, after it was told that none came.
func TestRequestThatIsAnsweredLate(t *testing.T) {
	e := openEngine(t, Options{})
	asked, told := make(chan *nats.Msg, 1), make(chan string, 2)
	stop, err := e.dispatcher.subscribe("test.late", func(m *nats.Msg) { asked <- m })
	require.NoError(t, err)
	defer stop()
	done := func(m *nats.Msg) {
		assert.Nil(t, m)
		told <- "nothing"
	}
	require.NoError(t, e.requests.sendLate("test.late", time.Nanosecond, done, func(m *nats.Msg) { told <- string(m.Data) }))
	assert.Equal(t, "nothing", <-told)
	require.NoError(t, (<-asked).Respond([]byte("late")))
	assert.Equal(t, "late", <-told)

	answered := func(m *nats.Msg) { told <- string(m.Data) }
	require.NoError(t, e.requests.sendLate("test.late", time.Minute, answered, func(*nats.Msg) { t.Error("it came in time") }))
	require.NoError(t, (<-asked).Respond([]byte("in time")))
	assert.Equal(t, "in time", <-told)
}
