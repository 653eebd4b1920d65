package natsengine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/event"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/retry"
	"rtmwasm/gateway/session"
	"rtmwasm/gateway/webhook"
)

// What users of an app did is stored for its backends, the latest events only: logins and logouts
// in one stream, joins and leaves of channels in another. A read takes the events: the gateways
// share one consumer for each app and stream, so each event goes to one reader once.
const (
	userEventStream     = "RTM_USER_EVENTS"
	userEventSubject    = "rtm.userevent."
	channelEventStream  = "RTM_CHANNEL_EVENTS"
	channelEventSubject = "rtm.channelevent."
)

// MaxEvents is how many events of an app each of the two streams holds. A new event then replaces
// the oldest. (the vendor's limit)
const MaxEvents = 2000

// eventLife is how long an event is stored that nobody reads.
const eventLife = 7 * 24 * time.Hour

func eventConfig(name, subject string) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              name,
		Subjects:          []string{subject + ">"},
		Storage:           jetstream.FileStorage,
		MaxAge:            eventLife,
		MaxMsgsPerSubject: MaxEvents,
	}
}

type eventEntry struct {
	Kind    event.Kind `json:"kind"`
	UID     string     `json:"uid"`
	Channel string     `json:"channel,omitempty"`
	At      int64      `json:"at"` // Unix time in ns
}

// Events returns the events of users, or nil without Options.Events and Options.Webhook.
func (e *Engine) Events() *Events {
	if !e.keepsEvents() {
		return nil
	}
	return &Events{e}
}

func (e *Engine) keepsEvents() bool { return e.opts.Events || e.opts.Webhook != nil }

// Events implements session.Events, and gives the events to backends.
type Events struct{ e *Engine }

var _ session.Events = (*Events)(nil)

// Report implements session.Events. If an event cannot be stored, it is lost, and this is logged.
func (v *Events) Report(ev event.Event) {
	ev.ID = webhook.Identify(ev)
	v.e.tellWebhook(ev)
	if !v.e.opts.Events || ev.Kind > event.Left {
		return
	}
	m, err := eventMessage(ev)
	if err == nil {
		err = v.e.publish(m, captureTries, wasStored, v.lost)
	}
	v.lost(err)
}

// eventMessage encodes an event for its stream. Its id lets the stream store it once, however often
// it is sent.
func eventMessage(ev event.Event) (*nats.Msg, error) {
	subject := userEventSubject
	if ev.Channel != "" {
		subject = channelEventSubject
	}
	value, err := json.Marshal(eventEntry{Kind: ev.Kind, UID: ev.User.ID, Channel: ev.Channel, At: ev.At.UnixNano()})
	m := &nats.Msg{Subject: subject + ev.User.App, Data: value, Header: nats.Header{}}
	m.Header.Set(jetstream.MsgIDHeader, ev.ID)
	return m, err
}

// wasStored returns nil if the answer says that a stream has the message.
func wasStored(m *nats.Msg) error {
	_, err := storedAt(m)
	return err
}

func (v *Events) lost(err error) {
	if err != nil {
		v.e.opts.Logger.Warn("an event for backends is lost", "error", err)
	}
}

// tellSwept records that a user logged out because their gateway died, unless they have logged in
// elsewhere.
func (e *Engine) tellSwept(ctx context.Context, entry jetstream.KeyValueEntry) error {
	user, ok := parseUserKey(entry.Key())
	if !e.keepsEvents() || entry.Bucket() != sessionBucket || !ok {
		return nil
	}
	switch now, err := e.sessions.Get(ctx, entry.Key()); {
	case errors.Is(err, jetstream.ErrKeyNotFound): // another gateway has removed it
		return nil
	case err != nil:
		return err
	case now.Revision() != entry.Revision():
		return nil
	}
	return e.tellOnce(ctx, event.Event{Kind: event.LoggedOut, User: user}, entry.Bucket(), entry.Revision(), entry.Value())
}

// tellPurged records that the members of a dead gateway left their channels, except those who have
// entered them elsewhere.
func (e *Engine) tellPurged(ctx context.Context, gatewayID string) error {
	if !e.keepsEvents() {
		return nil
	}
	all, err := e.readMembers(ctx, gatewayID+".*.*.", e.members.acked.Load())
	if err != nil {
		return err
	}
	return retry.TryEach(all.members, retry.Recoveries, func(m channel.Member) error { return e.tellLeft(ctx, m) })
}

// tellLeft records that a member left because their gateway died, unless they are a member
// elsewhere.
func (e *Engine) tellLeft(ctx context.Context, m channel.Member) error {
	others, _, err := e.members.read(ctx, "*"+strings.TrimPrefix(memberKey(m), m.Gateway), e.members.acked.Load())
	if err != nil || slices.ContainsFunc(others, func(r record) bool { return r.revision > m.Revision }) {
		return err
	}
	ev := event.Event{Kind: event.Left, User: id.User{App: m.Channel.App, ID: m.UID}, Channel: m.Channel.Channel}
	return e.tellOnce(ctx, ev, memberStream, m.Revision, m.Session)
}

// tellOnce records an event that several gateways may record. All of them pass the same name, so it
// is stored once.
func (e *Engine) tellOnce(ctx context.Context, ev event.Event, name ...any) error {
	ev.ID, ev.At = webhook.Digest(name...), time.Now()
	if err := e.tellWebhookOnce(ctx, ev); err != nil || !e.opts.Events {
		return err
	}
	m, err := eventMessage(ev)
	if err == nil {
		_, err = e.js.PublishMsg(ctx, m)
	}
	return err
}

// TakeUserEvents returns at most the given number of logins and logouts of users of an app, oldest
// first. No other call at any gateway returns them again. It may return events together with an
// error.
func (v *Events) TakeUserEvents(ctx context.Context, app string, most int) ([]event.Event, error) {
	return v.take(ctx, userEventStream, userEventSubject, app, most)
}

// TakeChannelEvents does the same for joins and leaves of channels.
func (v *Events) TakeChannelEvents(ctx context.Context, app string, most int) ([]event.Event, error) {
	return v.take(ctx, channelEventStream, channelEventSubject, app, most)
}

func (v *Events) take(ctx context.Context, stream, subject, app string, most int) (events []event.Event, err error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	wait := retry.Backoff{First: 20 * time.Millisecond, Max: 200 * time.Millisecond}
	name := "backend-" + app
	_, err = v.e.js.CreateOrUpdateConsumer(ctx, stream, jetstream.ConsumerConfig{
		Durable:       name,
		FilterSubject: subject + app,
		AckPolicy:     jetstream.AckNonePolicy, // a delivered event is done
		DeliverPolicy: jetstream.DeliverAllPolicy,
	})
	if err != nil {
		return nil, fmt.Errorf("natsengine: read events: %w", err)
	}
	for {
		messages, err := v.e.pull(ctx, stream, name, most)
		if !errors.Is(err, nats.ErrNoResponders) || !wait.Wait(ctx.Done()) { // a new consumer has no leader yet
			if err != nil {
				err = fmt.Errorf("natsengine: read events: %w", err)
			}
			return readEvents(messages, app), err
		}
	}
}

// pull returns at most the given number of messages of a consumer, without waiting for new ones. It
// may return messages together with an error.
//
// The client's own FetchNoWait cannot be used. It ends after a second without a message, and loses
// what the server sends later.
func (e *Engine) pull(ctx context.Context, stream, consumer string, most int) (messages []*nats.Msg, err error) {
	sub, err := e.nc.SubscribeSync(e.nc.NewInbox())
	if err != nil {
		return nil, err
	}
	defer func() { _ = sub.Unsubscribe() }() // fails only on a closed connection
	request := fmt.Appendf(nil, `{"batch":%d,"no_wait":true}`, most)
	if err := e.nc.PublishRequest("$JS.API.CONSUMER.MSG.NEXT."+stream+"."+consumer, sub.Subject, request); err != nil {
		return nil, err
	}
	for len(messages) < most {
		m, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return messages, err
		}
		switch status := m.Header.Get("Status"); status {
		case "":
			messages = append(messages, m)
		case statusNone, statusTaken:
			return messages, nil
		case statusNobody:
			return nil, nats.ErrNoResponders
		default:
			return messages, fmt.Errorf("status %q %s", status, m.Header.Get("Description"))
		}
	}
	return messages, nil
}

func readEvents(messages []*nats.Msg, app string) (events []event.Event) {
	for _, m := range messages {
		var entry eventEntry
		if json.Unmarshal(m.Data, &entry) == nil {
			events = append(events, event.Event{
				Kind: entry.Kind, User: id.User{App: app, ID: entry.UID}, Channel: entry.Channel, At: time.Unix(0, entry.At),
			})
		}
	}
	return events
}
