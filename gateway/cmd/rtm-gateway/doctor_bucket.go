package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"rtmwasm/gateway/mediastore/bucket"
)

// corsAdvice is what to do when pages can't read from the bucket.
const corsAdvice = "give the bucket the CORS rule of docs/operating.md, or leave out --media-redirect"

// checkBucket tries the bucket of --media as a gateway with these settings would.
func (e *examination) checkBucket(ctx context.Context) {
	where, err := parseBucket(e.media.where)
	if err != nil {
		e.say(bad, "media", err.Error(), "")
		return
	}
	where.Spool, where.Logger = "", slog.New(slog.DiscardHandler) // a gateway may have the other in use
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
	text := fmt.Sprintf("the bucket %s takes, gives and removes objects; storing one took %v", where.Bucket, found.RoundTrip.Round(time.Millisecond))
	if found.Conditional {
		e.say(good, "media", text, "")
	} else {
		e.say(poor, "media", text+"; it ignores If-None-Match", "if two gateways finish an upload at the same time, one may replace the other's file; use an object store that knows If-None-Match")
	}
	if !found.Clock.IsZero() {
		e.checkClock(found.Clock, "the object store")
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
