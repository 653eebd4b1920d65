package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"
	"time"

	"rtmwasm/gateway/natsengine"
)

const streamsUsage = `Usage: rtm-gateway streams [--apply] [flags]

Compares the existing streams and buckets in NATS with these settings, such as
--replicas, --media-max-age and the quotas of offline messages, and prints the
differences. With --apply it changes the streams. It changes only settings that you
give, by a flag, a variable or the file. If only a default differs, the stream stays as
it is. A gateway that starts creates missing streams and does not change existing ones:
only this command does.

  rtm-gateway streams --config /etc/rtm/gateway.conf            # changes nothing
  rtm-gateway streams --config /etc/rtm/gateway.conf --apply

Before --apply, stop all gateways; it refuses to run while a gateway runs. Start them
again afterwards. --media-max-age changes only the counters of what users store: for the
media itself, the setting of the running gateways counts.

Flags:
`

// runStreams runs the subcommand streams and returns the exit code.
func runStreams(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o options
	var apply bool
	flags := newFlags("rtm-gateway streams")
	o.register(flags)
	flags.BoolVar(&apply, "apply", false, "make the changes instead of only printing them")
	var err error
	if o.settings, err = readSettings(flags, args, "apply"); errors.Is(err, flag.ErrHelp) {
		printOwnUsage(stdout, streamsUsage, flags, "apply")
		return 0
	}
	if err == nil {
		err = errors.Join(o.nats.check(o.settings.from["data"] != ""), o.check())
	}
	if err != nil {
		fmt.Fprintf(stderr, "rtm-gateway streams: %v; see rtm-gateway streams --help\n", err)
		return 2
	}
	result := ""
	err = natsengine.ChangeStreams(ctx, o.givenStreams(o.log.logger(stderr)), func(changes []natsengine.Change) bool {
		result = printChanges(stdout, changes, apply)
		return apply
	})
	if err != nil {
		fmt.Fprintf(stderr, "rtm-gateway streams: %v\n", o.explainEngine(err))
		return 1
	}
	fmt.Fprintln(stdout, result)
	return 0
}

// givenStreams returns the options of the engine, without the settings of streams that are only defaults.
func (o options) givenStreams(log *slog.Logger) natsengine.Options {
	where := o.engine(log)
	o.webhook.apply(&where, nil)
	from := o.settings.from
	if from["media-max-age"] == "" {
		where.MediaMaxAge = 0
	}
	if from["max-user-mail"] == "" {
		where.UserMail = 0
	}
	if from["max-app-mail"] == "" {
		where.AppMail = 0
	}
	if from["history-max-age"] == "" {
		where.HistoryAge = 0
	}
	if from["max-app-history"] == "" {
		where.AppHistory = 0
	}
	if where.Webhook != nil && from["webhook-max-age"] == "" {
		where.Webhook.MaxAge = 0
	}
	if where.Webhook != nil && from["webhook-max-bytes"] == "" {
		where.Webhook.MaxBytes = 0
	}
	return where
}

// printChanges prints the changes before they are made. It returns what to print afterwards.
func printChanges(out io.Writer, changes []natsengine.Change, apply bool) (result string) {
	if len(changes) == 0 {
		return "all streams that exist are as the settings say"
	}
	open := 0
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, c := range changes {
		fmt.Fprintf(table, "%s\t%s\t%s", c.Stream, c.Setting, settingText(c.Have))
		if c.Default {
			open++
			fmt.Fprintf(table, "  stays: the setting is not given, its default is %s\n", settingText(c.Want))
		} else {
			fmt.Fprintf(table, " -> %s\n", settingText(c.Want))
		}
	}
	_ = table.Flush()
	switch {
	case open == len(changes):
		return "nothing was changed: give the settings to change, such as --replicas or --media-max-age"
	case apply:
		return "changed"
	}
	return "nothing was changed: give --apply to make these changes"
}

// settingText returns a value of a natsengine.Change as people write it in settings: 8d, not 192h0m0s.
func settingText(value any) string {
	if d, ok := value.(time.Duration); ok {
		return duration(d).String()
	}
	return fmt.Sprint(value)
}
