package natsengine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway/history"
	"rtmwasm/gateway/retry"
)

// Messages whose senders want them kept are in one stream, each under a subject that has its app,
// what kind of receiver it has, the receiver and the sender: whatever a backend may ask for is one
// filter of subjects. A second stream bounds how many an app may have, as for offline messages:
// see mailquota.go.
const (
	messageStream       = "RTM_MESSAGES"
	messageSubject      = "rtm.message."
	messageQuotaStream  = "RTM_MESSAGES_APPS"
	messageQuotaSubject = "rtm.messageapp."

	toPeer, toChannel = "peer", "channel" // in subjects
)

// DefaultAppHistory is Options.AppHistory unless given.
const DefaultAppHistory = 1_000_000

// msHeader is the header of a message with the time at which a gateway received it.
const msHeader = "Rtm-Ms"

// scanSilence is how long a search may bring nothing, before it is begun again: in a cluster a consumer
// that was just made may miss the first request.
const scanSilence = 500 * time.Millisecond

// storedLate is how long after its own time a message may be stored, and storedEarly how long before it: a
// message has its gateway's time, and is stored by the clock of a NATS server.
const (
	storedLate  = time.Minute
	storedEarly = time.Minute
)

func (o Options) historyConfigs() (all []jetstream.StreamConfig) {
	if !o.History {
		return nil
	}
	all = append(all, jetstream.StreamConfig{
		Name:     messageStream,
		Subjects: []string{messageSubject + ">"},
		Storage:  jetstream.FileStorage,
		MaxAge:   o.HistoryAge,
	})
	if o.AppHistory > 0 {
		quota := quotaConfig(messageQuotaStream, messageQuotaSubject, o.AppHistory)
		quota.MaxAge = o.HistoryAge
		all = append(all, quota)
	}
	return all
}

// History keeps messages, with Options.History; nil without.
func (e *Engine) History() *History {
	if !e.opts.History {
		return nil
	}
	return &History{e}
}

// History implements history.Recorder, and finds messages for backends.
type History struct{ e *Engine }

var _ history.Recorder = (*History)(nil)

// Record implements history.Recorder.
func (h *History) Record(ctx context.Context, m history.Message) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	held, err := h.claim(ctx, m.App)
	if err != nil {
		return err
	}
	kind := toPeer
	if m.ToChannel {
		kind = toChannel
	}
	msg := &nats.Msg{
		Subject: messageSubject + m.App + "." + kind + "." + token(m.To) + "." + token(m.From),
		Header:  nats.Header{msHeader: {strconv.FormatInt(m.Ms, 10)}},
		Data:    m.Message,
	}
	if m.Name != "" {
		msg.Header.Set(jetstream.MsgIDHeader, msg.Subject+" "+m.Name)
	}
	ack, err := h.e.js.PublishMsg(ctx, msg)
	var api *jetstream.APIError
	refused := errors.Is(err, jetstream.ErrNoStreamResponse) || errors.As(err, &api) && !mayBeStored(err)
	if refused || err == nil && ack.Duplicate {
		h.e.giveBack(held)
	}
	if err != nil {
		return fmt.Errorf("natsengine: keep a message: %w", err)
	}
	return nil
}

// claim takes a place in the app's quota.
func (h *History) claim(ctx context.Context, app string) ([]claimed, error) {
	if h.e.opts.AppHistory <= 0 {
		return nil, nil
	}
	type outcome struct {
		held []claimed
		err  error
	}
	done := make(chan outcome, 1)
	claims := []claim{{messageQuotaStream, messageQuotaSubject + app, history.ErrQuota}}
	if err := h.e.claim(claims, nil, func(held []claimed, err error) { done <- outcome{held, err} }); err != nil {
		return nil, fmt.Errorf("natsengine: keep a message: %w", err)
	}
	select {
	case o := <-done:
		if ctx.Err() == nil || o.err != nil {
			return o.held, o.err
		}
		h.e.giveBack(o.held)
	case <-ctx.Done():
		h.e.background.Go(func() { h.e.giveBack((<-done).held) })
	}
	return nil, fmt.Errorf("natsengine: keep a message: %w", ctx.Err())
}

// subjectOf is where the messages are that a filter means, and those of other times.
func subjectOf(f history.Filter) string {
	part := func(id string) string {
		if id == "" {
			return "*"
		}
		return token(id)
	}
	kind := "*"
	if f.ChannelsOnly {
		kind = toChannel
	}
	return messageSubject + f.App + "." + kind + "." + part(f.To) + "." + part(f.From)
}

// Count returns how many messages there are.
func (h *History) Count(ctx context.Context, f history.Filter) (int, error) {
	found, err := h.find(ctx, f)
	return len(found), err
}

// Read returns messages by their time, not more than limit, behind the first offset ones.
func (h *History) Read(ctx context.Context, f history.Filter, offset, limit int, newestFirst bool) ([]history.Message, error) {
	found, err := h.find(ctx, f)
	if err != nil {
		return nil, err
	}
	if newestFirst {
		slices.Reverse(found)
	}
	found = found[min(offset, len(found)):]
	found = found[:min(limit, len(found))]
	stream, err := h.e.js.Stream(ctx, messageStream)
	if err != nil {
		return nil, fmt.Errorf("natsengine: read the message history: %w", err)
	}
	messages := make([]*history.Message, len(found))
	err = retry.TryEach(indices(len(found)), retry.Recoveries, func(i int) error {
		raw, err := stream.GetMsg(ctx, found[i].sequence)
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound): // it has just passed its time
		case err != nil:
			return err
		default:
			messages[i] = parseMessage(f.App, raw.Subject, found[i].ms, raw.Data)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("natsengine: read the message history: %w", err)
	}
	all := make([]history.Message, 0, len(messages))
	for _, m := range messages {
		if m != nil {
			all = append(all, *m)
		}
	}
	return all, nil
}

func indices(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// parseMessage undoes what Record makes; nil for what is no message.
func parseMessage(app, subject string, ms int64, data []byte) *history.Message {
	parts := strings.Split(strings.TrimPrefix(subject, messageSubject), ".")
	if len(parts) != 4 {
		return nil
	}
	to, okTo := untoken(parts[2])
	from, okFrom := untoken(parts[3])
	if !okTo || !okFrom {
		return nil
	}
	return &history.Message{App: app, From: from, To: to, ToChannel: parts[1] == toChannel, Ms: ms, Message: data}
}

// place is where a message is in the stream.
type place struct {
	sequence uint64
	ms       int64
}

// find returns the places of messages, by their time. Only headers are read. All that was recorded
// before is found: the leader tells which message is the last, and a replica that reads is waited
// for until it has that one.
func (h *History) find(ctx context.Context, f history.Filter) (found []place, err error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	found, err = h.scan(ctx, f)
	for errors.Is(err, nats.ErrTimeout) && ctx.Err() == nil {
		found, err = h.scan(ctx, f)
	}
	if err != nil {
		return nil, fmt.Errorf("natsengine: search the message history: %w", err)
	}
	slices.SortStableFunc(found, func(a, b place) int { return cmp.Compare(a.ms, b.ms) })
	return found, nil
}

func (h *History) scan(ctx context.Context, f history.Filter) (found []place, err error) {
	stream, err := h.e.js.Stream(ctx, messageStream)
	if err != nil {
		return nil, err
	}
	last, err := stream.GetLastMsgForSubject(ctx, subjectOf(f))
	start, end := time.UnixMilli(f.Start).Add(-storedEarly), time.UnixMilli(f.End).Add(storedLate)
	if errors.Is(err, jetstream.ErrMsgNotFound) || err == nil && last.Time.Before(start) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	consumer, err := stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{subjectOf(f)},
		DeliverPolicy:  jetstream.DeliverByStartTimePolicy,
		OptStartTime:   &start,
		HeadersOnly:    true,
	})
	if err != nil {
		return nil, err
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessages(10_000))
	if err != nil {
		return nil, err
	}
	defer messages.Stop()
	for {
		m, err := messages.Next(jetstream.NextMaxWait(scanSilence))
		if err != nil {
			return nil, err
		}
		meta, err := m.Metadata()
		if err != nil {
			return nil, err
		}
		ms, err := strconv.ParseInt(m.Headers().Get(msHeader), 10, 64)
		if err == nil && f.Start <= ms && ms <= f.End {
			found = append(found, place{meta.Sequence.Stream, ms})
		}
		if meta.Sequence.Stream >= last.Sequence || meta.Timestamp.After(end) {
			return found, nil
		}
	}
}
