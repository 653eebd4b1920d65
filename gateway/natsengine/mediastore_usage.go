package natsengine

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/core"
	"rtmwasm/gateway/media"
)

// What files take of quotas is in keys of their own, which have no value, live as long as
// the files and can be listed by user and by app:
//
//	u.<app>.<uid>.<key>.<bytes>
//
// Writing one again changes nothing, nor does removing it again: there is no counter that
// could drift when gateways die.
const usageKeys = "u"

// leastUsage is what the smallest file counts: what the engine writes down for it.
const leastUsage = 4 << 10

func usageKey(info media.Info) string {
	return usageFilter(info.App, info.UID, info.Key) + "." + strconv.FormatInt(max(info.Size, leastUsage), 10)
}

// usageFilter matches all users for "" and all files for the key "*".
func usageFilter(app, uid, key string) string {
	user := "*"
	if uid != "" {
		user = mediaToken(uid)
	}
	return usageKeys + "." + mediaToken(app) + "." + user + "." + key
}

// usageOf is the number of bytes in a usage key, 0 for what is none.
func usageOf(key string) int64 {
	n, err := strconv.ParseInt(key[strings.LastIndexByte(key, '.')+1:], 10, 64)
	if err != nil || n < leastUsage || n > core.MaxMediaBytes {
		return 0
	}
	return n
}

// Usage lists the keys of a user at once. Those of an app may be a million: they come one
// after another, and are not all in memory.
func (s *mediaStore) Usage(ctx context.Context, app, uid string) (int64, error) {
	filter := usageFilter(app, uid, "*") + ".*"
	if uid == "" {
		return s.usageOfMany(ctx, filter)
	}
	prefix := kvSubject + mediaBucket + "."
	info, err := s.infos.Info(ctx, jetstream.WithSubjectFilter(prefix+filter))
	if err != nil {
		return 0, fmt.Errorf("list what is stored: %w", err)
	}
	var total int64
	for subject := range info.State.Subjects {
		total += usageOf(strings.TrimPrefix(subject, prefix))
	}
	return total, nil
}

func (s *mediaStore) usageOfMany(ctx context.Context, filter string) (total int64, err error) {
	list, err := s.kv.ListKeysFiltered(ctx, filter)
	if err != nil {
		return 0, fmt.Errorf("list what is stored: %w", err)
	}
	for key := range list.Keys() {
		total += usageOf(key)
	}
	return total, ctx.Err() // which ends the list early
}

// uncount takes a file off its user's usage. Only its name need be known.
func (s *mediaStore) uncount(ctx context.Context, app, key string) error {
	return s.forget(ctx, usageFilter(app, "", key)+".*")
}
