package natsengine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/event"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/session"
)

// Events are given once each, oldest first, however many read; of more than are kept the oldest go.
func TestEventsAreTakenOnce(t *testing.T) {
	e := openEngine(t, Options{Dir: t.TempDir(), Events: true})
	events := e.Events()
	const app, other = "0123456789abcdef0123456789abcdef", "ffffffffffffffffffffffffffffffff"
	tell := func(app string, n int) {
		events.Report(event.Event{Kind: event.LoggedIn, User: id.User{App: app, ID: fmt.Sprint(n)}, At: time.UnixMilli(1700000000000 + int64(n))})
	}
	kept := func(want uint64) bool {
		stream, err := e.js.Stream(t.Context(), userEventStream)
		return err == nil && stream.CachedInfo().State.Msgs == want
	}
	none, err := events.TakeUserEvents(t.Context(), app, 1000)
	require.NoError(t, err)
	assert.Empty(t, none)
	for n := range MaxEvents + 5 {
		tell(app, n)
	}
	tell(other, 0)
	require.Eventually(t, func() bool { return kept(MaxEvents + 1) }, time.Minute, 10*time.Millisecond)

	var mu sync.Mutex
	var all []event.Event
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			got, err := events.TakeUserEvents(t.Context(), app, 700)
			assert.NoError(t, err)
			for i := 1; i < len(got); i++ {
				assert.True(t, got[i-1].At.Before(got[i].At), "oldest first")
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, got...)
		})
	}
	readers.Wait()
	seen := map[string]bool{}
	for _, e := range all {
		assert.False(t, seen[e.User.ID], "%s was given twice", e.User.ID)
		seen[e.User.ID] = true
		assert.Equal(t, event.LoggedIn, e.Kind)
		assert.Equal(t, app, e.User.App)
	}
	assert.Len(t, seen, MaxEvents)
	for n := range 5 {
		assert.False(t, seen[fmt.Sprint(n)], "the oldest are gone")
	}
	theirs, err := events.TakeUserEvents(t.Context(), other, 1000)
	require.NoError(t, err)
	assert.Len(t, theirs, 1)
	again, err := events.TakeUserEvents(t.Context(), app, 1000)
	require.NoError(t, err)
	assert.Empty(t, again)
}

// What a busy server sends late is not lost.
func TestPullFromASlowServer(t *testing.T) {
	e := openEngine(t, Options{})
	_, err := e.nc.Subscribe("$JS.API.CONSUMER.MSG.NEXT.SLOW.backend", func(m *nats.Msg) {
		assert.NoError(t, m.Respond([]byte("one")))
		time.AfterFunc(1100*time.Millisecond, func() {
			assert.NoError(t, m.Respond([]byte("two")))
			assert.NoError(t, m.RespondMsg(&nats.Msg{Header: nats.Header{"Status": {statusTaken}}}))
		})
	})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	messages, err := e.pull(ctx, "SLOW", "backend", 10)
	require.NoError(t, err)
	require.Len(t, messages, 2)
	assert.Equal(t, "two", string(messages[1].Data))
}

// logText is a log in memory.
type logText struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// An event that its stream refuses is logged as lost.
func TestEventThatIsRefused(t *testing.T) {
	var log logText
	e := openEngine(t, Options{Dir: t.TempDir(), Events: true, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	stream, err := e.js.Stream(t.Context(), userEventStream)
	require.NoError(t, err)
	config := stream.CachedInfo().Config
	config.MaxMsgSize = 1
	_, err = e.js.UpdateStream(t.Context(), config)
	require.NoError(t, err)
	e.Events().Report(event.Event{Kind: event.LoggedIn, User: id.User{App: "0123456789abcdef0123456789abcdef", ID: "ada"}, At: time.Now()})
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "an event for backends is lost") }, time.Minute, 10*time.Millisecond)
	assert.Contains(t, log.String(), "size exceeds")
}

// An event that is sent again, as its acknowledgement did not come, is given once, also to readers
// that take one event each.
func TestEventThatIsSentAgain(t *testing.T) {
	e := openEngine(t, Options{Dir: t.TempDir(), Events: true})
	const app = "0123456789abcdef0123456789abcdef"
	m, err := eventMessage(event.Event{ID: "once", Kind: event.LoggedIn, User: id.User{App: app, ID: "ada"}, At: time.Now()})
	require.NoError(t, err)
	answers, stored := 0, make(chan error, 1)
	lateOnce := func(m *nats.Msg) error {
		if answers++; answers == 1 {
			return errNotStored
		}
		return wasStored(m)
	}
	require.NoError(t, e.publish(m, 2, lateOnce, func(err error) { stored <- err }))
	require.NoError(t, <-stored)
	assert.Equal(t, 2, answers)
	got, err := e.Events().TakeUserEvents(t.Context(), app, 1)
	require.NoError(t, err)
	assert.Len(t, got, 1)
	got, err = e.Events().TakeUserEvents(t.Context(), app, 1)
	require.NoError(t, err)
	assert.Empty(t, got)
}

// takeAll returns all events of an app, as "kind user".
func takeAll(t *testing.T, take func(context.Context, string, int) ([]event.Event, error), app string) (all []string) {
	got, err := take(t.Context(), app, 1000)
	require.NoError(t, err)
	for _, e := range got {
		all = append(all, fmt.Sprint(e.Kind, " ", e.User.ID, " ", e.Channel))
	}
	return all
}

// Users of a gateway that died are logged out, but not who has logged in elsewhere by the time when
// their session is removed. What cannot be told is told by the next sweep.
func TestEventsOfSweptSessions(t *testing.T) {
	e := openEngine(t, Options{Dir: t.TempDir(), Events: true})
	const app = "0123456789abcdef0123456789abcdef"
	claim := func(uid, gatewayID string) {
		_, err := e.Claim(t.Context(), id.User{App: app, ID: uid}, func(*session.Record) (session.Record, error) {
			return session.Record{Gateway: gatewayID, Session: rand.Text()}, nil
		})
		require.NoError(t, err)
	}
	for _, uid := range []string{"gone", "back"} {
		claim(uid, "dead")
	}
	entries, err := allEntries(t.Context(), e.sessions, ">")
	require.NoError(t, err)
	claim("back", "living")

	stream, err := e.js.Stream(t.Context(), userEventStream)
	require.NoError(t, err)
	require.NoError(t, e.js.DeleteStream(t.Context(), userEventStream))
	sweep := func() (err error) {
		for _, entry := range entries {
			if _, isUser := parseUserKey(entry.Key()); isUser {
				err = errors.Join(err, e.sweepEntry(t.Context(), e.sessions, entry))
			}
		}
		return err
	}
	assert.Error(t, sweep())
	_, err = e.Lookup(t.Context(), id.User{App: app, ID: "gone"})
	require.NoError(t, err, "the next sweep must find it")

	_, err = e.js.CreateStream(t.Context(), stream.CachedInfo().Config)
	require.NoError(t, err)
	require.NoError(t, sweep())
	require.NoError(t, sweep())
	_, err = e.Lookup(t.Context(), id.User{App: app, ID: "gone"})
	assert.ErrorIs(t, err, session.ErrNoSession)
	_, err = e.Lookup(t.Context(), id.User{App: app, ID: "back"})
	assert.NoError(t, err)
	assert.Equal(t, []string{fmt.Sprint(event.LoggedOut, " gone ")}, takeAll(t, e.Events().TakeUserEvents, app))
}

// Members of a gateway that died have left, but not who is a member elsewhere.
func TestEventsOfPurgedMembers(t *testing.T) {
	e := openEngine(t, Options{Dir: t.TempDir(), Events: true})
	hall := channel.ID{App: "0123456789abcdef0123456789abcdef", Channel: "hall"}
	enter := func(uid, gatewayID, lineage string) {
		_, err := e.Enter(t.Context(), channel.Member{Channel: hall, UID: uid, Gateway: gatewayID, Session: rand.Text(), Lineage: lineage, Entry: 1})
		require.NoError(t, err)
	}
	enter("former", "living", "x")
	for _, uid := range []string{"gone", "moved", "former"} {
		enter(uid, "dead", "y")
	}
	enter("moved", "living", "y")
	require.NoError(t, e.tellPurged(t.Context(), "dead"))
	require.NoError(t, e.tellPurged(t.Context(), "dead"), "another gateway")
	left := fmt.Sprint(event.Left)
	assert.ElementsMatch(t, []string{left + " gone hall", left + " former hall"}, takeAll(t, e.Events().TakeChannelEvents, hall.App))
}

// Without the setting there are neither streams nor events.
func TestEventsAreKeptWhereAskedFor(t *testing.T) {
	e := openEngine(t, Options{Dir: t.TempDir()})
	assert.Nil(t, e.Events())
	_, err := e.js.Stream(t.Context(), userEventStream)
	assert.Error(t, err)
}
