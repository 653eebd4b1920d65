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

// What users did is kept for backends of apps, the latest of each app: logins and logouts in one
// stream, comings and goings in channels in another. Whoever reads takes: the gateways share one
// consumer for each app and stream, so that each event is given to one reader once, and what was
// given is not there for the next.
const (
	userEventStream     = "RTM_USER_EVENTS"
	userEventSubject    = "rtm.userevent."
	channelEventStream  = "RTM_CHANNEL_EVENTS"
	channelEventSubject = "rtm.channelevent."
)

// MaxEvents is how many events of an app are kept in each of the two streams; of more the oldest
// go. (the vendor's limit)
const MaxEvents = 2000

// eventLife is how long an event is kept that nobody reads.
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

// eventEntry is the value of an event.
type eventEntry struct {
	Kind    event.Kind `json:"kind"`
	UID     string     `json:"uid"`
	Channel string     `json:"channel,omitempty"`
	At      int64      `json:"at"` // Unix time in ns
}

// Events keeps what users did, with Options.Events or Options.Webhook; nil without both.
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

// Tell implements session.Events. An event that cannot be kept is lost, and logged.
func (v *Events) Tell(ev event.Event) {
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

// eventMessage is an event for its stream, which takes it once, however often it is sent.
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

// wasStored is nil where a stream has a message.
func wasStored(m *nats.Msg) error {
	_, err := storedAt(m)
	return err
}

func (v *Events) lost(err error) {
	if err != nil {
		v.e.opts.Logger.Warn("an event for backends is lost", "error", err)
	}
}

// tellSwept keeps that a user logged out whose gateway died, unless they have logged in elsewhere.
func (e *Engine) tellSwept(ctx context.Context, entry jetstream.KeyValueEntry) error {
	user, ok := parseUserKey(entry.Key())
	if !e.keepsEvents() || entry.Bucket() != sessionBucket || !ok {
		return nil
	}
	switch now, err := e.sessions.Get(ctx, entry.Key()); {
	case errors.Is(err, jetstream.ErrKeyNotFound): // another gateway sweeps too
		return nil
	case err != nil:
		return err
	case now.Revision() != entry.Revision():
		return nil
	}
	return e.tellOnce(ctx, event.Event{Kind: event.LoggedOut, User: user}, entry.Bucket(), entry.Revision(), entry.Value())
}

// tellPurged keeps that the members of a gateway that died left their channels, but those who have
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

// tellLeft keeps that a member left whose gateway died, unless they are a member elsewhere.
func (e *Engine) tellLeft(ctx context.Context, m channel.Member) error {
	others, _, err := e.members.read(ctx, "*"+strings.TrimPrefix(memberKey(m), m.Gateway), e.members.acked.Load())
	if err != nil || slices.ContainsFunc(others, func(r record) bool { return r.revision > m.Revision }) {
		return err
	}
	ev := event.Event{Kind: event.Left, User: id.User{App: m.Channel.App, ID: m.UID}, Channel: m.Channel.Channel}
	return e.tellOnce(ctx, ev, memberStream, m.Revision, m.Session)
}

// tellOnce keeps an event that several gateways may tell: name is what they all call it.
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

// TakeUserEvents returns what users of an app did, logins and logouts, oldest first, not more
// than most. No other call gets them again, at whatever gateway. There may be events beside an
// error.
func (v *Events) TakeUserEvents(ctx context.Context, app string, most int) ([]event.Event, error) {
	return v.take(ctx, userEventStream, userEventSubject, app, most)
}

// TakeChannelEvents does the same for comings and goings in channels.
func (v *Events) TakeChannelEvents(ctx context.Context, app string, most int) ([]event.Event, error) {
	return v.take(ctx, channelEventStream, channelEventSubject, app, most)
}

func (v *Events) take(ctx context.Context, stream, subject, app string, most int) (events []event.Event, err error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	wait := retry.Backoff{First: 20 * time.Millisecond, Most: 200 * time.Millisecond}
	name := "backend-" + app
	_, err = v.e.js.CreateOrUpdateConsumer(ctx, stream, jetstream.ConsumerConfig{
		Durable:       name,
		FilterSubject: subject + app,
		AckPolicy:     jetstream.AckNonePolicy, // given is taken
		DeliverPolicy: jetstream.DeliverAllPolicy,
	})
	if err != nil {
		return nil, fmt.Errorf("natsengine: read events: %w", err)
	}
	for {
		messages, err := v.e.pull(ctx, stream, name, most)
		if !errors.Is(err, nats.ErrNoResponders) || !wait.Wait(ctx.Done()) { // a consumer that was just made has no leader yet
			if err != nil {
				err = fmt.Errorf("natsengine: read events: %w", err)
			}
			return readEvents(messages, app), err
		}
	}
}

// pull returns the next messages of a consumer, not more than most, and does not wait for any to come. There may
// be messages beside an error.
//
// The client's own FetchNoWait cannot be used: it takes a second without a message for the end, and what the
// server sends after that is lost.
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
