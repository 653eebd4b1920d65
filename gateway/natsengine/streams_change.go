package natsengine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
)

// ChangeStreams compares the streams and buckets that exist with opts, and calls approve with
// the differences. If approve returns true, it makes the streams what opts say, and returns an
// error if a gateway runs on them. It creates nothing. What opts leave open (Replicas,
// MediaMaxAge, UserMail and AppMail that are 0) stays as it is: see Change.Default. With
// opts.Dir no gateway may run on the folder.
func ChangeStreams(ctx context.Context, opts Options, approve func([]Change) bool) error {
	full, err := opts.withDefaults()
	if err != nil {
		return err
	}
	e := newEngine(full)
	if opts.Dir != "" {
		if e.embedded, err = startEmbedded(opts.Dir); err != nil {
			return err
		}
	}
	defer e.Close()
	if e.nc, err = e.dial("rtm-gateway streams"); err != nil {
		return err
	}
	if err := e.useJetStream(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := e.change(ctx, opts, approve); err != nil {
		return fmt.Errorf("natsengine: %w", err)
	}
	return nil
}

func (e *Engine) change(ctx context.Context, opts Options, approve func([]Change) bool) error {
	st, err := e.js.lookUp(ctx)
	if err != nil {
		return err
	}
	changes, updates := e.js.plan(st, opts)
	if !approve(changes) || len(updates) == 0 {
		return nil
	}
	if err := e.refuseWhileRunning(ctx); err != nil {
		return err
	}
	var done []string
	for _, config := range updates {
		if _, err := e.js.UpdateStream(ctx, config); err != nil {
			return fmt.Errorf("stream %s: %w; changed before that: %q; run it again when the cause is gone", config.Name, err, done)
		}
		done = append(done, config.Name)
	}
	return nil
}

// plan returns how the streams that exist differ from the settings, and the configs that
// change what the options give.
func (s *streams) plan(st stock, opts Options) (changes []Change, updates []jetstream.StreamConfig) {
	for _, info := range st.exist {
		have, want := info.Config, s.wanted(info.Config)
		given := opts.given(have, want)
		now := differences(have, given)
		for _, c := range differences(have, want) {
			c.Default = !slices.Contains(now, c)
			changes = append(changes, c)
		}
		if len(now) > 0 {
			updates = append(updates, merged(have, given))
		}
	}
	return changes, updates
}

// given is want, except for what options before their defaults leave open: that is as in have.
func (o Options) given(have, want jetstream.StreamConfig) jetstream.StreamConfig {
	if o.Replicas == 0 {
		want = withReplicas(want, have.Replicas)
	}
	switch have.Name {
	case usageStream:
		if o.MediaMaxAge == 0 {
			want.MaxAge = have.MaxAge
		}
	case userQuotaStream:
		if o.UserMail == 0 {
			want.MaxMsgsPerSubject = have.MaxMsgsPerSubject
		}
	case appQuotaStream:
		if o.AppMail == 0 {
			want.MaxMsgsPerSubject = have.MaxMsgsPerSubject
		}
	}
	return want
}

// refuseWhileRunning returns an error if gateways work on the streams.
func (e *Engine) refuseWhileRunning(ctx context.Context) (err error) {
	if e.gateways, err = e.js.KeyValue(ctx, gatewayBucket); errors.Is(err, jetstream.ErrBucketNotFound) {
		return nil
	}
	var alive map[string]bool
	if err == nil {
		alive, err = e.aliveGateways(ctx)
	}
	if err != nil {
		return fmt.Errorf("cannot tell whether gateways run: %w", err)
	}
	if len(alive) > 0 {
		return fmt.Errorf("gateways that run on these streams: %d, where none may: stop all of them and try again; one that was killed counts for %v more",
			len(alive), e.opts.GatewayLife+e.opts.heartbeatInterval())
	}
	return nil
}
