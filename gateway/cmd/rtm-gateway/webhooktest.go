package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"rtmwasm/gateway/webhook"
)

const webhookTestUsage = `Usage: rtm-gateway webhook-test [flags]

Posts one signed event of the type "test" to the web hook, and prints its answer. No
gateway needs to run.

  rtm-gateway webhook-test --config /etc/rtm/gateway.conf
  RTM_WEBHOOK_SECRET=... rtm-gateway webhook-test --webhook https://backend.example.org/rtm

It exits with 1 if the hook does not accept the event: its status is not 2xx, or it does
not answer.

Flags:
`

// runWebhookTest runs the subcommand webhook-test and returns the exit code.
func runWebhookTest(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o options
	flags := newFlags("rtm-gateway webhook-test")
	o.register(flags)
	var err error
	if o.settings, err = readSettings(flags, args); errors.Is(err, flag.ErrHelp) {
		printOwnUsage(stdout, webhookTestUsage, flags, "webhook", "webhook-secret", "webhook-timeout")
		return 0
	}
	if err == nil && o.webhook.url == "" {
		err = errors.New("--webhook must name the URL of the hook")
	}
	if err == nil {
		err = o.webhook.check()
	}
	if err != nil {
		fmt.Fprintf(stderr, "rtm-gateway webhook-test: %v; see rtm-gateway webhook-test --help\n", err)
		return 2
	}
	target, err := o.webhook.target()
	if err != nil { // cannot happen: check has parsed it
		return 2
	}
	answer, err := webhook.Test(ctx, target)
	fmt.Fprintf(stdout, "posted to %s: %s\n", target.Redacted(), answer.Sent)
	if answer.Status != 0 {
		fmt.Fprintf(stdout, "answer after %v: status %d\n", answer.Took.Round(time.Millisecond), answer.Status)
	}
	if body := printable(answer.Body); body != "" {
		fmt.Fprintln(stdout, body)
	}
	if err != nil {
		fmt.Fprintf(stderr, "rtm-gateway webhook-test: %v\n", err)
		return 1
	}
	return 0
}

// printable removes characters that a terminal might take for a command.
func printable(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r != '\n' && !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text))
}
