package natsengine

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// What users and apps have stored is counted by NATS in one stream, whose messages are
// counters. Files count in spans of their time of creation: a subject for each user and span,
// and one for each app and span.
//
//	rtm.mediause.u.<app>.<uid>.<end>
//	rtm.mediause.a.<app>.<end>
//
// The end, in seconds since 1970, is when the last file of the span has expired: from then on the
// counter counts no more, and the stream drops it. So nothing is scanned, and what was counted wrong
// (a gateway died between an upload and its counter) is wrong for one file's life only.
// Gateways that keep media for different times use different subjects.
const (
	usageStream  = "RTM_MEDIA_USAGE"
	usageSubject = "rtm.mediause."

	userUsage = usageSubject + "u."
	appUsage  = usageSubject + "a."
)

const (
	// usageSpans is in how many spans the life of a file is divided: so much of it a file may
	// count for longer.
	usageSpans = 7

	// usageRepeats is how long a counter remembers attempts, to count those that are repeated
	// only once.
	usageRepeats = repeatTimeout + 3*time.Second
)

// usageConfig is the stream of counters. A counter's last message is at most as old as the
// newest file that it counts. An upload that is given up makes it younger.
func usageConfig(mediaMaxAge time.Duration) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              usageStream,
		Subjects:          []string{usageSubject + ">"},
		Storage:           jetstream.FileStorage,
		MaxAge:            mediaMaxAge + usageSpan(mediaMaxAge),
		MaxMsgsPerSubject: 1,
		Duplicates:        min(usageRepeats, mediaMaxAge),
		AllowDirect:       true, // of a replica that lags, too: quotas are not that exact
		AllowMsgCounter:   true,
	}
}

func usageSpan(mediaMaxAge time.Duration) time.Duration {
	return max((mediaMaxAge / usageSpans).Round(time.Second), time.Second)
}

// usageEnd is when all files have expired that were created in the same span as one at created,
// in seconds since 1970.
func usageEnd(created time.Time, mediaMaxAge time.Duration) int64 {
	span := usageSpan(mediaMaxAge)
	end := created.Truncate(span).Add(span + mediaMaxAge)
	return end.Unix() + 1
}

// Count implements mediastore.Records.
func (r *mediaRecords) Count(ctx context.Context, app, uid string, created time.Time, bytes int64) error {
	end := "." + strconv.FormatInt(usageEnd(created, r.e.opts.MediaMaxAge), 10)
	for _, subject := range []string{userUsage + mediaToken(app) + "." + mediaToken(uid) + end, appUsage + mediaToken(app) + end} {
		if err := r.add(ctx, subject, bytes); err != nil {
			return fmt.Errorf("natsengine: count what is stored: %w", mediaError(err))
		}
	}
	return nil
}

// add adds to a counter once, however often it has to be tried.
func (r *mediaRecords) add(ctx context.Context, subject string, n int64) error {
	m := &nats.Msg{Subject: subject, Header: nats.Header{
		"Nats-Incr":           {strconv.FormatInt(n, 10)},
		jetstream.MsgIDHeader: {rand.Text()},
	}}
	return repeat(ctx, func(ctx context.Context, _ bool) error {
		_, err := r.e.js.PublishMsg(ctx, m)
		return err
	})
}

// Usage implements mediastore.Records.
func (r *mediaRecords) Usage(ctx context.Context, app, uid string) (total int64, err error) {
	filter := appUsage + mediaToken(app) + ".*"
	if uid != "" {
		filter = userUsage + mediaToken(app) + "." + mediaToken(uid) + ".*"
	}
	var counters []*nats.Msg
	err = repeat(ctx, func(ctx context.Context, _ bool) error {
		counters, err = r.e.lastMessages(ctx, usageStream, filter)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("natsengine: read what is stored: %w", err)
	}
	for _, m := range counters {
		n, err := counted(m, time.Now())
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// counted is what a counter says, or 0 if its files have expired.
func counted(m *nats.Msg, now time.Time) (int64, error) {
	subject := m.Header.Get("Nats-Subject")
	end, err := strconv.ParseInt(subject[strings.LastIndexByte(subject, '.')+1:], 10, 64)
	if err != nil || end <= now.Unix() {
		return 0, nil
	}
	var counter struct {
		Val string `json:"val"`
	}
	if err := json.Unmarshal(m.Data, &counter); err != nil {
		return 0, fmt.Errorf("natsengine: counter %s: %w", subject, err)
	}
	n, err := strconv.ParseInt(counter.Val, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("natsengine: counter %s: %w", subject, err)
	}
	return max(n, 0), nil
}

// lastMessages returns the last message of each subject that matches the filter.
func (e *Engine) lastMessages(ctx context.Context, stream, filter string) (all []*nats.Msg, err error) {
	sub, err := e.nc.SubscribeSync(e.nc.NewInbox())
	if err != nil {
		return nil, err
	}
	defer func() { _ = sub.Unsubscribe() }() // fails only on a closed connection
	request := fmt.Appendf(nil, `{"multi_last":[%q]}`, filter)
	if err := e.nc.PublishRequest("$JS.API.DIRECT.GET."+stream, sub.Subject, request); err != nil {
		return nil, err
	}
	for {
		m, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return nil, err
		}
		switch m.Header.Get("Status") {
		case "":
			all = append(all, m)
		case "204", "404": // the end, and nothing at all
			return all, nil
		default:
			return nil, errors.New(m.Header.Get("Description"))
		}
	}
}
