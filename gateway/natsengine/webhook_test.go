package natsengine

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/event"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/session"
	"rtmwasm/gateway/webhook"
)

// hookCounts is a webhook.Meter.
type hookCounts struct {
	webhook.NoMeter
	mu     sync.Mutex
	events map[webhook.Result]int
}

func (c *hookCounts) WebhookEvents(r webhook.Result, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.events == nil {
		c.events = map[webhook.Result]int{}
	}
	c.events[r] += n
}

func (c *hookCounts) of(r webhook.Result) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.events[r]
}

func hookOptions(meter webhook.Meter) *WebhookOptions {
	return &WebhookOptions{Selection: webhook.DefaultSelection(), Meter: meter}
}

// tellLogins tells so many logins, and waits until they are in the queue.
func tellLogins(t *testing.T, e *Engine, meter *hookCounts, from, n int) {
	t.Helper()
	before := meter.of(webhook.Accepted)
	for i := range n {
		e.Events().Report(event.Event{Kind: event.LoggedIn, User: id.User{App: testApp, ID: fmt.Sprint(from + i)}, At: time.Now()})
	}
	require.Eventually(t, func() bool { return meter.of(webhook.Accepted) == before+n }, time.Minute, time.Millisecond)
}

// hookConsumer is what a consumer of the queue got.
type hookConsumer struct {
	uids chan string
	stop func()
}

// consume takes events until stop is called. Those that take does not want stay in the queue, and end
// the delivery.
func consume(t *testing.T, e *Engine, take func(uid string) bool) *hookConsumer {
	ctx, cancel := context.WithCancel(t.Context())
	c := &hookConsumer{uids: make(chan string, 1000)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.WebhookQueue().Consume(ctx, func(ctx context.Context, events []webhook.Queued) {
			for _, q := range events {
				var about struct{ UID string }
				assert.NoError(t, json.Unmarshal(q.Data, &about))
				c.uids <- about.UID
				if !take(about.UID) {
					<-ctx.Done()
					return
				}
				q.Done()
			}
		})
	}()
	c.stop = func() {
		cancel()
		<-done
	}
	t.Cleanup(c.stop)
	return c
}

func (c *hookConsumer) next(t *testing.T, n int) (uids []string) {
	t.Helper()
	for range n {
		select {
		case uid := <-c.uids:
			uids = append(uids, uid)
		case <-time.After(time.Minute):
			require.FailNow(t, "an event does not come", "%v came", uids)
		}
	}
	return uids
}

func anyUser(string) bool { return true }

func numbers(from, to int) (all []string) {
	for n := from; n < to; n++ {
		all = append(all, fmt.Sprint(n))
	}
	return all
}

// Events come in their order, also those that a consumer took and did not finish, before it ended or
// the gateway did; those that are done do not come again.
func TestWebhookQueueKeepsOrder(t *testing.T) {
	dir, meter := t.TempDir(), &hookCounts{}
	e, err := Open(t.Context(), Options{Dir: dir, Webhook: hookOptions(meter)})
	require.NoError(t, err)
	tellLogins(t, e, meter, 0, 250) // more than a batch
	first := consume(t, e, func(uid string) bool { return uid != "120" })
	assert.Equal(t, numbers(0, 121), first.next(t, 121))
	tellLogins(t, e, meter, 250, 1)
	first.stop()

	second := consume(t, e, func(uid string) bool { return uid != "130" })
	assert.Equal(t, numbers(120, 131), second.next(t, 11))
	second.stop()
	e.Close()

	e = openEngine(t, Options{Dir: dir, Webhook: hookOptions(meter)})
	third := consume(t, e, anyUser)
	assert.Equal(t, numbers(130, 251), third.next(t, 121))
	tellLogins(t, e, meter, 251, 1)
	assert.Equal(t, []string{"251"}, third.next(t, 1))
	assert.Zero(t, meter.of(webhook.Lost))
}

// When a consumer has ended, NATS has stored which events are done, so that a gateway that stops right after
// it does not leave them to be posted again.
func TestWebhookQueueKeepsWhatIsDone(t *testing.T) {
	meter := &hookCounts{}
	e := openEngine(t, Options{Webhook: hookOptions(meter)})
	tellLogins(t, e, meter, 0, webhook.MaxEvents)
	consumer := consume(t, e, anyUser)
	consumer.next(t, webhook.MaxEvents)
	consumer.stop()
	stream, err := e.js.Stream(t.Context(), webhookStream)
	require.NoError(t, err)
	assert.Zero(t, stream.CachedInfo().State.Msgs)
}

// One consumer at a time gets events, and the next one goes on where it ended.
func TestWebhookQueueHasOneConsumer(t *testing.T) {
	meter := &hookCounts{}
	e := openEngine(t, Options{Webhook: hookOptions(meter)})
	first := consume(t, e, anyUser)
	tellLogins(t, e, meter, 0, 1)
	first.next(t, 1)
	second := consume(t, e, anyUser)
	tellLogins(t, e, meter, 1, 200)
	assert.Equal(t, numbers(1, 201), first.next(t, 200))
	first.stop()
	tellLogins(t, e, meter, 201, 1)
	assert.Equal(t, []string{"201"}, second.next(t, 1))
	assert.Empty(t, first.uids)
}

// A consumer that lost its lease is told to stop.
func TestWebhookLeaseIsLost(t *testing.T) {
	meter := &hookCounts{}
	e := openEngine(t, Options{Webhook: hookOptions(meter)})
	tellLogins(t, e, meter, 0, 2)
	begun, ended := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var once sync.Once
	go e.WebhookQueue().Consume(ctx, func(ctx context.Context, _ []webhook.Queued) {
		once.Do(func() { close(begun) })
		<-ctx.Done()
		cancel()
		close(ended)
	})
	<-begun
	bucket, err := e.js.KeyValue(t.Context(), leaseBucket)
	require.NoError(t, err)
	_, err = bucket.Put(t.Context(), webhookConsumer, []byte("another gateway")) // as if this one had stood still
	require.NoError(t, err)
	select {
	case <-ended:
	case <-time.After(time.Minute):
		require.FailNow(t, "the consumer goes on")
	}
}

// A consumer that is told to end, and whose call takes its time, keeps the lease meanwhile: another
// gateway would deliver the same events beside it.
func TestWebhookLeaseLastsAsLongAsTheDelivery(t *testing.T) {
	meter := &hookCounts{}
	e := openEngine(t, Options{Webhook: hookOptions(meter)})
	tellLogins(t, e, meter, 0, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	begun, answer, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		e.WebhookQueue().Consume(ctx, func(_ context.Context, events []webhook.Queued) {
			close(begun)
			<-answer
			events[0].Done()
		})
	}()
	<-begun
	bucket, err := e.js.KeyValue(t.Context(), leaseBucket)
	require.NoError(t, err)
	cancel()
	for range 2 { // the first may have been under way already
		before, err := bucket.Get(t.Context(), webhookConsumer)
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			now, err := bucket.Get(t.Context(), webhookConsumer)
			return err == nil && now.Revision() > before.Revision()
		}, time.Minute, 10*time.Millisecond, "it is renewed")
	}
	close(answer)
	<-ended
	_, err = bucket.Get(t.Context(), webhookConsumer)
	assert.ErrorIs(t, err, jetstream.ErrKeyNotFound, "it is given back")
}

// A queue that is full keeps what it has, and what is lost is counted and logged.
func TestWebhookQueueIsFull(t *testing.T) {
	var log logText
	meter := &hookCounts{}
	o := hookOptions(meter)
	o.MaxBytes = 20_000
	e := openEngine(t, Options{Webhook: o, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	published, err := e.nc.SubscribeSync(webhookSubject + ">")
	require.NoError(t, err)
	const n = 500
	for i := range n {
		e.Events().Report(event.Event{Kind: event.LoggedIn, User: id.User{App: testApp, ID: fmt.Sprint(i)}, At: time.Now()})
	}
	require.Eventually(t, func() bool { return meter.of(webhook.Accepted)+meter.of(webhook.Lost) == n }, time.Minute, 10*time.Millisecond)
	require.NoError(t, e.nc.Flush())
	tries, _, err := published.Pending()
	require.NoError(t, err)
	assert.Less(t, tries, 2*n, "what a full queue refuses is not tried again")
	kept := meter.of(webhook.Accepted)
	assert.Greater(t, kept, 20)
	assert.Less(t, kept, 150)
	assert.Equal(t, 1, strings.Count(log.String(), "events for the web hook are lost"), log.String())
	assert.Contains(t, log.String(), "maximum bytes exceeded")
	c := consume(t, e, anyUser)
	assert.Equal(t, numbers(0, kept), c.next(t, kept), "the oldest stay")
	require.Eventually(t, func() bool { // there is room again
		info, err := e.js.info(t.Context(), webhookStream)
		return err == nil && info.State.Msgs == 0
	}, time.Minute, 10*time.Millisecond)
	tellLogins(t, e, meter, n, 1)
	assert.Equal(t, []string{fmt.Sprint(n)}, c.next(t, 1))
}

// Events that the hook does not want are not queued, and the REST interface's are kept beside it.
func TestWebhookSelection(t *testing.T) {
	meter := &hookCounts{}
	o := hookOptions(meter)
	var err error
	o.Selection, err = webhook.ParseSelection("peer_message")
	require.NoError(t, err)
	e := openEngine(t, Options{Events: true, Webhook: o})
	user := id.User{App: testApp, ID: "ada"}
	for _, kind := range []event.Kind{event.LoggedIn, event.SentToChannel, event.SentToPeer} {
		e.Events().Report(event.Event{Kind: kind, User: user, At: time.Now(), Send: &wire.Send{Peer: "bob", Message: &wire.Message{Type: wire.Message_TEXT, Text: "secret"}}})
	}
	require.Eventually(t, func() bool { return meter.of(webhook.Accepted) == 1 }, time.Minute, time.Millisecond)
	var events []event.Event
	require.Eventually(t, func() bool {
		got, err := e.Events().TakeUserEvents(t.Context(), testApp, 10)
		events = append(events, got...)
		return err == nil && len(events) > 0
	}, time.Minute, 10*time.Millisecond)
	require.Len(t, events, 1)
	assert.Equal(t, event.LoggedIn, events[0].Kind)
	stream, err := e.js.Stream(t.Context(), webhookStream)
	require.NoError(t, err)
	m, err := stream.GetLastMsgForSubject(t.Context(), webhookSubject+testApp)
	require.NoError(t, err)
	assert.Contains(t, string(m.Data), `"type":"peer_message"`)
	assert.NotContains(t, string(m.Data), "secret")
}

// What several gateways tell of a dead one's users is one event, with one id.
func TestWebhookOfASweptSession(t *testing.T) {
	meter := &hookCounts{}
	e := openEngine(t, Options{Webhook: hookOptions(meter)})
	user := id.User{App: testApp, ID: "ghost"}
	_, err := e.Claim(t.Context(), user, always(session.Record{Session: "s1", Gateway: "dead"}))
	require.NoError(t, err)
	entries, err := allEntries(t.Context(), e.sessions, ">")
	require.NoError(t, err)
	told := 0
	for range 2 {
		for _, entry := range entries {
			if _, ok := parseUserKey(entry.Key()); ok {
				require.NoError(t, e.tellSwept(t.Context(), entry))
				told++
			}
		}
	}
	assert.Equal(t, 2, told)
	info, err := e.js.info(t.Context(), webhookStream)
	require.NoError(t, err)
	assert.EqualValues(t, 1, info.State.Msgs)
	c := consume(t, e, anyUser)
	assert.Equal(t, []string{"ghost"}, c.next(t, 1))
}

// A member who left two channels left both, also where revisions are large, as in an old stream.
func TestWebhookOfMembersOfADeadGateway(t *testing.T) {
	meter := &hookCounts{}
	e := openEngine(t, Options{Webhook: hookOptions(meter)})
	for i := range 2 {
		m := channel.Member{Channel: channel.ID{App: testApp, Channel: fmt.Sprint("hall", i)}, UID: "ghost", Session: "s1", Gateway: "dead", Revision: 2_000_000 + uint64(i)}
		for range 2 {
			require.NoError(t, e.tellLeft(t.Context(), m))
		}
	}
	info, err := e.js.info(t.Context(), webhookStream)
	require.NoError(t, err)
	assert.EqualValues(t, 2, info.State.Msgs)
}

// The bounds of the queue are changed by the explicit command, as others are.
func TestChangeWebhookStream(t *testing.T) {
	dir := t.TempDir()
	open := func(o *WebhookOptions) {
		e, err := Open(t.Context(), Options{Dir: dir, Webhook: o, Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		info, err := e.js.info(t.Context(), webhookStream)
		require.NoError(t, err)
		assert.Equal(t, jetstream.WorkQueuePolicy, info.Config.Retention)
		e.Close()
	}
	open(hookOptions(nil))
	var changes []Change
	want := &WebhookOptions{MaxAge: 2 * time.Hour}
	require.NoError(t, ChangeStreams(t.Context(), Options{Dir: dir, Webhook: want}, func(c []Change) bool {
		changes = c
		return true
	}))
	assert.Equal(t, []Change{{webhookStream, "max_age", 48 * time.Hour, 26 * time.Hour, false}}, changes)
	want.MaxBytes = 10 << 20
	require.NoError(t, ChangeStreams(t.Context(), Options{Dir: dir, Webhook: want}, func(c []Change) bool {
		changes = c
		return true
	}))
	assert.Equal(t, []Change{{webhookStream, "max_bytes", "67108864", "10485760", false}}, changes)
	open(want)
}
