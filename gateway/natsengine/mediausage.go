package natsengine

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// NATS counts what users and apps have stored, in one stream whose messages are counters. The time
// of creation of files is divided into spans. There is a subject for each user and span, and one
// for each app and span:
//
//	rtm.mediause.u.<app>.<uid>.<end>
//	rtm.mediause.a.<app>.<end>
//
// end, in seconds since 1970, is when the last file of the span has expired. From then on the
// counter does not count, and the stream drops it. So nothing is scanned. If a gateway dies between
// an upload and its counter, the count is wrong for the life of one file only. Gateways with
// different media lifetimes use different subjects.
const (
	usageStream  = "RTM_MEDIA_USAGE"
	usageSubject = "rtm.mediause."

	userUsage = usageSubject + "u."
	appUsage  = usageSubject + "a."
)

const (
	// usageSpans is the number of spans in the life of a file. A file may count for one span too
	// long.
	usageSpans = 7

	// usageRepeats is how long a counter remembers attempts, so that a repeated one counts once.
	usageRepeats = repeatTimeout + 3*time.Second
)

// usageConfig is the stream of counters. A counter's last message is at most as old as the newest
// file that it counts. When an upload is given up, the counter gets a newer message.
func usageConfig(mediaMaxAge time.Duration) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              usageStream,
		Subjects:          []string{usageSubject + ">"},
		Storage:           jetstream.FileStorage,
		MaxAge:            mediaMaxAge + usageSpan(mediaMaxAge),
		MaxMsgsPerSubject: 1,
		Duplicates:        min(usageRepeats, mediaMaxAge),
		AllowDirect:       true, // a replica that lags may answer: quotas need not be exact
		AllowMsgCounter:   true,
	}
}

func usageSpan(mediaMaxAge time.Duration) time.Duration {
	return max((mediaMaxAge / usageSpans).Round(time.Second), time.Second)
}

// usageEnd returns when all files of the span that contains created have expired, in seconds since
// 1970.
func usageEnd(created time.Time, mediaMaxAge time.Duration) int64 {
	span := usageSpan(mediaMaxAge)
	end := created.Truncate(span).Add(span + mediaMaxAge)
	return end.Unix() + 1
}

// Count implements mediastore.Records.
func (r *mediaRecords) Count(ctx context.Context, app, uid string, created time.Time, bytes int64) error {
	end := "." + strconv.FormatInt(usageEnd(created, r.e.opts.MediaMaxAge), 10)
	for _, subject := range []string{userUsage + token(app) + "." + token(uid) + end, appUsage + token(app) + end} {
		if err := r.add(ctx, subject, bytes); err != nil {
			return fmt.Errorf("natsengine: count what is stored: %w", mediaError(err))
		}
	}
	return nil
}

// add adds n to a counter exactly once, with as many attempts as needed.
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
	filter := appUsage + token(app) + ".*"
	if uid != "" {
		filter = userUsage + token(app) + "." + token(uid) + ".*"
	}
	var counters []*nats.Msg
	err = repeat(ctx, func(ctx context.Context, _ bool) error {
		counters, _, err = r.e.batchGet(ctx, usageStream, lastOfEach{[]string{filter}})
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

// counted returns the value of a counter, or 0 if its files have expired.
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
