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

// The history is one stream of messages whose senders asked for it. A message's subject has its
// app, the kind of receiver, the receiver and the sender. So one filter of subjects matches what a
// backend may ask for. A second stream limits the messages of an app, as for offline messages: see
// mailbox.go.
const (
	messageStream       = "RTM_MESSAGES"
	messageSubject      = "rtm.message."
	messageQuotaStream  = "RTM_MESSAGES_APPS"
	messageQuotaSubject = "rtm.messageapp."

	toPeer, toChannel = "peer", "channel" // in subjects
)

// DefaultAppHistory is the default of Options.AppHistory.
const DefaultAppHistory = 1_000_000

// msHeader is the header with the time at which a gateway received the message, in milliseconds
// since 1970.
const msHeader = "Rtm-Ms"

// scanSilence is how long a search waits for a message before it starts again: in a cluster, a new
// consumer may miss the first request.
const scanSilence = 500 * time.Millisecond

// The time of a message comes from its gateway's clock, and the time when it is stored from a NATS
// server's clock. storedLate is how much later, and storedEarly how much earlier, the second may be.
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

// History returns the message history, or nil without Options.History.
func (e *Engine) History() *History {
	if !e.opts.History {
		return nil
	}
	return &History{e}
}

// History implements history.Recorder, and reads messages for backends.
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

// claim claims a place in the app's quota.
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

// subjectOf returns the subjects that a filter matches, without its times.
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

// Count returns how many messages match a filter.
func (h *History) Count(ctx context.Context, f history.Filter) (int, error) {
	found, err := h.find(ctx, f)
	return len(found), err
}

// Read returns at most limit messages that match a filter, ordered by time, after skipping offset.
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
		case errors.Is(err, jetstream.ErrMsgNotFound): // it has just expired
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

// parseMessage decodes what Record wrote; nil if it cannot.
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

// place is the position of a message in the stream.
type place struct {
	sequence uint64
	ms       int64
}

// find returns the places of messages, ordered by time. It reads only headers. It finds all
// messages recorded before: it asks the leader for the last one, and reads until a replica has
// returned that one.
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
