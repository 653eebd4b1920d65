package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"rtmwasm/gateway/mediastore/bucket"
)

// corsAdvice says what to do if pages cannot read from the bucket.
const corsAdvice = "give the bucket the CORS rule of docs/operating.md, or leave out --media-redirect"

// checkBucket tests the bucket of --media, as a gateway with these settings would use it.
func (e *examination) checkBucket(ctx context.Context) {
	where, err := parseBucket(e.media.where)
	if err != nil {
		e.say(bad, "media", err.Error(), "")
		return
	}
	where.Spool, where.Logger = "", slog.New(slog.DiscardHandler) // a running gateway may use the spool of --media
	files, err := bucket.New(ctx, where)
	if err != nil {
		e.say(bad, "media", err.Error(), "")
		return
	}
	defer files.Close()
	found, err := files.Try(ctx)
	if err != nil {
		e.say(bad, "media", err.Error(), "")
		return
	}
	text := fmt.Sprintf("objects can be stored in the bucket %s, read and removed; storing one took %v", where.Bucket, found.RoundTrip.Round(time.Millisecond))
	if found.Conditional {
		e.say(good, "media", text, "")
	} else {
		e.say(poor, "media", text+"; the object store does not support If-None-Match", "use one that supports it: without it, if two gateways finish an upload at the same time, one may replace the other's file")
	}
	if !found.Clock.IsZero() {
		e.checkClock(found.ClockHeard, found.Clock.Add(time.Second/2), "the object store")
	}
	if !e.media.redirect {
		return
	}
	if found.CORS != nil {
		e.say(bad, "redirect", found.CORS.Error(), corsAdvice)
		return
	}
	e.say(good, "redirect", "pages can read from the bucket", "")
}
