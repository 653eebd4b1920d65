package natsengine

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/channel"
)

// What was sent to a channel just before is in the history when it is read, though nobody waited for
// it to be captured.
func TestHistoryHasWhatWasSentBefore(t *testing.T) {
	e := openEngine(t, Options{})
	began := time.Now()
	for i := range 20 {
		room := channel.ID{App: testApp, Channel: fmt.Sprint("room ", i)}
		var last []byte
		for n := range 30 {
			last = fmt.Appendf(nil, "message %d of %d", n, i)
			require.NoError(t, e.PublishChannel(room, last, func(error) {}))
		}
		frames, err := e.RecentFrames(t.Context(), room, began)
		require.NoError(t, err)
		require.NotEmpty(t, frames)
		require.True(t, slices.Equal(last, frames[len(frames)-1]), "room %d ends with %s", i, frames[len(frames)-1])
	}
}

// A message that was not stored is sent again, and comes to who began to listen meanwhile.
func TestRepeatedMessageComesToWhoCameBetween(t *testing.T) {
	e := openEngine(t, Options{})
	live := make(chan string, 8)
	stop, err := e.ListenChannel(hall, func(frame []byte) { live <- string(frame) })
	require.NoError(t, err)
	t.Cleanup(stop)
	send := func(frame string) { require.NoError(t, waitFor(t, mustPublish(t, e, hall, frame), "not stored")) }
	for _, frame := range []string{"one", "one", "two"} {
		send(frame)
	}
	assert.Equal(t, "one", waitFor(t, live, "nothing comes"))
	assert.Equal(t, "two", waitFor(t, live, "nothing comes"), "each comes once")
	_, err = e.RecentFrames(t.Context(), hall, time.Now())
	require.NoError(t, err)
	send("one")
	assert.Equal(t, "one", waitFor(t, live, "it does not come again"))
}

// A replica that lags behind the leader may answer: it is asked again until it has all.
func TestHistoryOfReplicasThatLag(t *testing.T) {
	began := time.Now()
	newest := storedMessage{sequence: 7, at: began}
	for name, c := range map[string]struct {
		newest  storedMessage
		unknown error
		answers [][]int // sequences; the last answer comes again and again
		want    []int
		err     error
	}{
		"up to date":          {newest, nil, [][]int{{5, 7}}, []int{5, 7}, nil},
		"newer":               {newest, nil, [][]int{{5, 7, 9}}, []int{5, 7, 9}, nil},
		"behind":              {newest, nil, [][]int{nil, {5}, {5, 7}}, []int{5, 7}, nil},
		"behind for too long": {newest, nil, [][]int{{5}}, nil, errHistoryLags},
		"nothing there":       {storedMessage{}, nil, [][]int{nil}, nil, nil},
		"nothing since then":  {storedMessage{sequence: 3, at: began.Add(-time.Minute)}, nil, [][]int{nil}, nil, nil},
		"no leader":           {storedMessage{}, nats.ErrTimeout, [][]int{{5}}, []int{5}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), opTimeout)
				defer cancel()
				read := historyRead{
					newest: func() (storedMessage, error) { return c.newest, c.unknown },
					messages: func() (messages []*nats.Msg, err error) {
						for _, n := range c.answers[0] {
							messages = append(messages, &nats.Msg{Header: nats.Header{jetstream.SequenceHeader: {strconv.Itoa(n)}}})
						}
						c.answers = c.answers[min(1, len(c.answers)-1):]
						return messages, nil
					},
				}
				messages, err := read.since(ctx, began.Add(-time.Second))
				require.ErrorIs(t, err, c.err)
				var got []int
				for _, m := range messages {
					n, err := strconv.Atoi(m.Header.Get(jetstream.SequenceHeader))
					require.NoError(t, err)
					got = append(got, n)
				}
				assert.Equal(t, c.want, got)
			})
		})
	}
}

// The leader tells the newest message of a channel, and when there is none.
func TestNewestMessage(t *testing.T) {
	e := openEngine(t, Options{})
	subject := channelSubject + channelKey(hall)
	m, err := e.lastMessage(t.Context(), historyStream, subject)
	require.NoError(t, err)
	assert.Zero(t, m)
	stored := make(chan error, 1)
	require.NoError(t, e.PublishChannel(hall, []byte("hello"), func(err error) { stored <- err }))
	require.NoError(t, <-stored)
	m, err = e.lastMessage(t.Context(), historyStream, subject)
	require.NoError(t, err)
	assert.Equal(t, "hello", string(m.data))
	assert.NotZero(t, m.sequence)
	assert.WithinDuration(t, time.Now(), m.at, time.Minute)
}
