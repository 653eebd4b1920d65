package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"rtmwasm/gateway/metrics"
	"rtmwasm/gateway/natsengine"
	"rtmwasm/gateway/signature"
	"rtmwasm/gateway/webhook"
)

// webhookOptions say where events are posted, and which ones.
type webhookOptions struct {
	url      webhookURL
	secrets  webhookSecrets
	events   webhookEvents
	content  bool
	timeout  time.Duration
	maxAge   time.Duration
	maxBytes size
}

// webhookURL is a URL that may have a password, or a secret path or query.
type webhookURL string

func (u *webhookURL) Set(text string) error { *u = webhookURL(text); return nil }
func (*webhookURL) String() string          { return "" }

// Redacted returns scheme and host.
func (u *webhookURL) Redacted() string {
	if *u == "" {
		return ""
	}
	return webhook.Target{URL: string(*u)}.Redacted()
}

// webhookSecrets is a list of secrets.
type webhookSecrets []string

// Set implements flag.Value.
func (s *webhookSecrets) Set(text string) error { return addSecrets((*[]string)(s), text, "secret") }
func (*webhookSecrets) String() string          { return "" }

// Redacted returns *** for each secret.
func (s *webhookSecrets) Redacted() string { return strings.TrimSpace(strings.Repeat("*** ", len(*s))) }

func (s webhookSecrets) parse() (secrets [][]byte, err error) {
	for _, text := range s {
		secret, err := signature.ParseSecret(text)
		if err != nil {
			return nil, fmt.Errorf("--webhook-secret: %w", err)
		}
		secrets = append(secrets, secret)
	}
	return secrets, nil
}

// webhookEvents are names of events, separated by commas.
type webhookEvents struct{ webhook.Selection }

func (e *webhookEvents) Set(text string) (err error) {
	e.Selection, err = webhook.ParseSelection(text)
	return err
}

const maxHookTimeout = time.Minute

func (o *webhookOptions) register(flags *flag.FlagSet) {
	flags.Var(&o.url, "webhook", "`URL` to which the gateway posts events, https or http. It follows no redirects; private addresses are allowed")
	flags.Var(&o.secrets, "webhook-secret", "`secret` of at least 16 bytes with which the gateway signs events. Give it as RTM_WEBHOOK_SECRET or in the file of --config, because others can see a command line. To replace it, give both, separated by a space or comma: then events have two signatures")
	durationVar(flags, &o.timeout, "webhook-timeout", webhook.DefaultTimeout, "how long one call to the hook may take")
	o.events = webhookEvents{webhook.DefaultSelection()}
	flags.Var(&o.events, "webhook-events", "`events` to post, separated by commas; peer_message and channel_message are possible too")
	flags.BoolVar(&o.content, "webhook-content", false, "post what users write too: texts, bytes, descriptions, thumbnails, names of files, answers to invitations")
	durationVar(flags, &o.maxAge, "webhook-max-age", webhook.DefaultMaxAge, "how long events wait for the hook before they are dropped")
	o.maxBytes = natsengine.DefaultWebhookBytes
	flags.Var(&o.maxBytes, "webhook-max-bytes", "`size` of the queue of events that wait for the hook, for all gateways; when it is full, new events are lost")
}

func (o webhookOptions) check() error {
	if o.url == "" {
		if len(o.secrets) > 0 {
			return errors.New("--webhook-secret goes with --webhook")
		}
		return nil
	}
	switch {
	case o.timeout < time.Second || o.timeout > maxHookTimeout:
		return fmt.Errorf("--webhook-timeout is %v, it must be from 1s to %v", duration(o.timeout), duration(maxHookTimeout))
	case o.maxAge < time.Minute:
		return fmt.Errorf("--webhook-max-age is %v, it must be at least 1m", duration(o.maxAge))
	case o.maxBytes < 1<<20:
		return fmt.Errorf("--webhook-max-bytes is %v, it must be at least 1MiB", &o.maxBytes)
	}
	if len(o.secrets) == 0 {
		return errors.New("--webhook needs --webhook-secret, by which the hook knows that the gateway calls; give it as RTM_WEBHOOK_SECRET")
	}
	target, err := o.target()
	if err == nil {
		err = target.Check()
	}
	if err != nil {
		return fmt.Errorf("--webhook: %w", err)
	}
	return nil
}

func (o webhookOptions) target() (webhook.Target, error) {
	secrets, err := o.secrets.parse()
	return webhook.Target{URL: string(o.url), Secrets: secrets, Timeout: o.timeout}, err
}

// apply tells the engine to queue events for the hook.
func (o webhookOptions) apply(where *natsengine.Options, meter *metrics.Metrics) {
	if o.url == "" {
		return
	}
	where.Webhook = &natsengine.WebhookOptions{Selection: o.events.Selection, MaxAge: o.maxAge, MaxBytes: int64(o.maxBytes)}
	where.Webhook.Selection.Content = o.content
	if meter != nil {
		where.Webhook.Meter = meter
	}
}

// start posts events until ctx ends or stop is called. stop waits for the current call, which has
// grace to finish.
func (o webhookOptions) start(ctx context.Context, queue webhook.Queue, grace time.Duration, tracer trace.Tracer, meter *metrics.Metrics, log *slog.Logger) (stop func(), err error) {
	if o.url == "" {
		return func() {}, nil
	}
	target, err := o.target()
	if err != nil {
		return nil, err
	}
	config := webhook.Config{Target: target, Queue: queue, MaxAge: o.maxAge, Grace: grace, Tracer: tracer, Logger: log}
	if meter != nil {
		config.Meter = meter
	}
	sender, err := webhook.NewSender(config)
	if err != nil {
		return nil, fmt.Errorf("--webhook: %w", err)
	}
	log.Info("events are posted to a web hook", "at", target.Redacted(), "events", o.events.String(), "content", o.content)
	if o.isPlain() {
		log.Warn("the web hook uses plain http: others on the network can read the events")
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		sender.Run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}, nil
}

// isPlain reports whether events leave this machine without encryption.
func (o webhookOptions) isPlain() bool {
	u, err := url.Parse(string(o.url))
	return err == nil && u.Scheme == "http" && !isLoopback(net.JoinHostPort(u.Hostname(), "80"))
}

// checkWebhook checks that the hook accepts a signed event of the type "test".
func (e *examination) checkWebhook(ctx context.Context) {
	if e.webhook.url == "" {
		return
	}
	target, err := e.webhook.target()
	if err != nil {
		e.say(bad, "webhook", err.Error(), "")
		return
	}
	answer, err := webhook.Test(ctx, target)
	switch {
	case err != nil:
		e.say(bad, "webhook", err.Error(), "until the hook accepts events, they wait; rtm-gateway webhook-test shows its answer")
	case e.webhook.isPlain():
		e.say(poor, "webhook", "the hook accepts events, but by plain http", "others on the network can read them: use https")
	default:
		e.say(good, "webhook", fmt.Sprintf("the hook accepts events, and answered in %v", answer.Took.Round(time.Millisecond)), "")
	}
}
