package natsengine

import (
	"context"
	"time"

	"rtmwasm/gateway/retry"
)

const (
	// attemptTimeout limits one attempt of repeat.
	attemptTimeout = 1500 * time.Millisecond

	// repeatTimeout limits all attempts together. A cluster that has lost the leader of a stream
	// elects a new one in less.
	repeatTimeout = 12 * time.Second
)

// repeat makes a request until NATS answers it, because a server that dies may take a request and
// never answer it. again tells f that an earlier attempt may have succeeded.
func repeat(ctx context.Context, f func(ctx context.Context, again bool) error) error {
	ctx, cancel := context.WithTimeout(ctx, repeatTimeout)
	defer cancel()
	return repeatWhile(ctx, unanswered, f)
}

// repeatWhile calls f until its error is not transient or ctx ends.
func repeatWhile(ctx context.Context, transient func(error) bool, f func(ctx context.Context, again bool) error) error {
	wait := retry.Backoff{First: 50 * time.Millisecond, Max: time.Second}
	for again := false; ; again = true {
		once, cancel := context.WithTimeout(ctx, attemptTimeout)
		err := f(once, again)
		cancel()
		if !transient(err) || ctx.Err() != nil || !wait.Wait(ctx.Done()) {
			return err
		}
	}
}
