package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"time"

	"rtmwasm/core"
)

// options are what the command line says.
type options struct {
	listen      string
	data        string
	mediaMaxAge time.Duration
	version     bool
}

const usage = `Usage: rtm-gateway [flags]

Runs a gateway for rtm-wasm clients on one address:

  /          demo page
  /sdk/      the SDK's files for browsers
  /rtm       WebSocket of clients
  /media/    uploads (tus 1.0) and downloads of image and file messages
  /healthz   says ok while the gateway runs

No certificate is configured: every app id and user may log in.

Flags:
`

// parse reads the command line. Help that is asked for goes to help, what is wrong
// comes as an error.
func parse(args []string, help io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("rtm-gateway", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8080", "`address` to serve on; port 0 picks a free one")
	flags.StringVar(&o.data, "data", "./data", "`folder` for all data, made if missing; one gateway at a time")
	flags.DurationVar(&o.mediaMaxAge, "media-max-age", core.MediaLifetime, "how long uploaded media stays readable, such as 24h")
	flags.BoolVar(&o.version, "version", false, "print the version and exit")
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		printUsage(help, flags)
	}
	if err == nil {
		err = o.check(flags.Args())
	}
	return o, err
}

func printUsage(out io.Writer, flags *flag.FlagSet) {
	fmt.Fprint(out, usage)
	flags.VisitAll(func(f *flag.Flag) {
		value, text := flag.UnquoteUsage(f)
		fmt.Fprintf(out, "  %s\n        %s", strings.TrimSpace("--"+f.Name+" "+value), text)
		if f.DefValue != "false" {
			fmt.Fprintf(out, " (default %s)", f.DefValue)
		}
		fmt.Fprintln(out)
	})
}

func (o options) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q", rest[0])
	case o.data == "":
		return errors.New("--data must name a folder")
	case o.mediaMaxAge < time.Second:
		return fmt.Errorf("--media-max-age is %v, it must be at least 1s", o.mediaMaxAge)
	}
	return nil
}

// versionText is the module version, or the commit for a build from a checkout.
func versionText() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "rtm-gateway (unknown version)"
	}
	version := info.Main.Version
	if version == "" {
		version = "(devel)"
	}
	return "rtm-gateway " + version + " " + info.GoVersion
}
