package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"text/tabwriter"

	"rtmwasm/gateway/natsengine"
)

const streamsUsage = `Usage: rtm-gateway streams [--apply] [flags]

Compares the streams and buckets in NATS with these settings, such as --replicas,
--media-max-age and the quotas of offline messages, and prints what differs. With
--apply it makes the streams what the settings say. A gateway that starts creates what
is missing and changes nothing that exists: only this command does.

  rtm-gateway streams --config /etc/rtm/gateway.conf            # changes nothing
  rtm-gateway streams --config /etc/rtm/gateway.conf --apply

Stop the gateways first, and start them again afterwards. With a shorter
--media-max-age, older media is removed at once.

Flags:
`

// runStreams is the subcommand. It returns the exit code.
func runStreams(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o options
	var apply bool
	flags := newFlags("rtm-gateway streams")
	o.register(flags)
	flags.BoolVar(&apply, "apply", false, "make the changes, not only print them")
	var err error
	if o.settings, err = readSettings(flags, args, "apply"); errors.Is(err, flag.ErrHelp) {
		printUsage(stdout, streamsUsage, flags)
		return 0
	}
	if err == nil {
		err = errors.Join(o.nats.check(o.settings.from["data"] != ""), o.check())
	}
	if err != nil {
		fmt.Fprintf(stderr, "rtm-gateway streams: %v; see rtm-gateway streams --help\n", err)
		return 2
	}
	where := o.engine(o.log.logger(stderr))
	changes, err := natsengine.ChangeStreams(ctx, where, apply)
	if err != nil {
		fmt.Fprintf(stderr, "rtm-gateway streams: %v\n", o.explainEngine(err))
		return 1
	}
	printChanges(stdout, changes, apply)
	return 0
}

func printChanges(out io.Writer, changes []natsengine.Change, applied bool) {
	if len(changes) == 0 {
		fmt.Fprintln(out, "all streams that exist are as the settings say")
		return
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, c := range changes {
		fmt.Fprintf(table, "%s\t%s\t%s -> %s\n", c.Stream, c.Setting, c.Have, c.Want)
	}
	_ = table.Flush()
	if applied {
		fmt.Fprintln(out, "changed")
	} else {
		fmt.Fprintln(out, "nothing was changed: --apply does it")
	}
}
