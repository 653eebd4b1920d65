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

Posts one event of the type "test", signed as all are, to the web hook, and prints what
it answers. No gateway needs to run, and none is asked.

  rtm-gateway webhook-test --config /etc/rtm/gateway.conf
  RTM_WEBHOOK_SECRET=... rtm-gateway webhook-test --webhook https://backend.example.org/rtm

It exits with 1 if the hook does not take the event: with a status other than 2xx, or
no answer at all.

Flags:
`

// runWebhookTest is the subcommand. It returns the exit code.
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
	if err != nil { // check has looked
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

// printable leaves out what a terminal might take for a command.
func printable(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r != '\n' && !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text))
}
