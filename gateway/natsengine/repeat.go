package natsengine

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway/retry"
)

const (
	// attemptTimeout bounds one attempt of repeat.
	attemptTimeout = 1500 * time.Millisecond

	// repeatTimeout bounds all attempts: a cluster that has lost the leader of a stream elects
	// a new one in less.
	repeatTimeout = 12 * time.Second
)

// repeat makes a request until NATS answers it, because a server that dies takes requests and
// answers with it. again tells f that an earlier attempt may have been carried out.
func repeat(ctx context.Context, f func(ctx context.Context, again bool) error) error {
	ctx, cancel := context.WithTimeout(ctx, repeatTimeout)
	defer cancel()
	return repeatWhile(ctx, unanswered, f)
}

// repeatWhile makes attempts while they fail with errors of one kind and ctx lasts.
func repeatWhile(ctx context.Context, transient func(error) bool, f func(ctx context.Context, again bool) error) error {
	wait := retry.Backoff{First: 50 * time.Millisecond, Most: time.Second}
	for again := false; ; again = true {
		once, cancel := context.WithTimeout(ctx, attemptTimeout)
		err := f(once, again)
		cancel()
		if !transient(err) || ctx.Err() != nil || !wait.Wait(ctx.Done()) {
			return err
		}
	}
}

// timedOut reports whether no answer came within an attempt's time.
func timedOut(err error) bool { return errors.Is(err, context.DeadlineExceeded) }

// unanswered reports whether an error means that the cluster cannot tell now.
func unanswered(err error) bool {
	for _, e := range []error{nats.ErrTimeout, nats.ErrNoResponders, nats.ErrDisconnected, nats.ErrConnectionReconnecting, jetstream.ErrNoStreamResponse} {
		if errors.Is(err, e) {
			return true
		}
	}
	var api *jetstream.APIError
	if errors.As(err, &api) {
		switch api.ErrorCode {
		case codeNoCluster, codeNotLeader, codeOffline:
			return true
		}
	}
	return timedOut(err)
}
