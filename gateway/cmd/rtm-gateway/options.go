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
	apps        appSources
	nats        natsOptions
	version     bool
}

const usage = `Usage: rtm-gateway [flags]
       rtm-gateway token --uid USER [flags]

Runs a gateway for rtm-wasm clients on one address:

  /          demo page
  /sdk/      the SDK's files for browsers
  /rtm       WebSocket of clients
  /media/    uploads (tus 1.0) and downloads of image and file messages
  /healthz   says ok while the gateway runs

With app ids named by --app, --apps or RTM_APPS only those are served, and an
app with a certificate requires tokens. With none it is in development mode:
every app id, user and token is accepted.

  rtm-gateway --apps apps.txt       lines of APPID CERTIFICATE
  rtm-gateway --app APPID           this app, without tokens
  rtm-gateway token --help          mints a token to try

Flags:
`

// parse reads the command line. Help that is asked for goes to help, what is wrong
// comes as an error.
func parse(args []string, help io.Writer) (options, error) {
	var o options
	flags := newFlags("rtm-gateway")
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8080", "`address` to serve on; port 0 picks a free one")
	flags.StringVar(&o.data, "data", "./data", "`folder` for all data, made if missing; one gateway at a time")
	flags.DurationVar(&o.mediaMaxAge, "media-max-age", core.MediaLifetime, "how long uploaded media stays readable, such as 24h")
	o.apps.register(flags, "`APPID[:CERTIFICATE]` to be served; may be repeated, also with a second certificate of an app")
	o.nats.register(flags)
	flags.BoolVar(&o.version, "version", false, "print the version and exit")
	if err := parseFlags(flags, args, usage, help); err != nil {
		return o, err
	}
	dataGiven := false
	flags.Visit(func(f *flag.Flag) { dataGiven = dataGiven || f.Name == "data" })
	if err := o.nats.check(dataGiven); err != nil {
		return o, err
	}
	return o, o.check()
}

func newFlags(name string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	return flags
}

func parseFlags(flags *flag.FlagSet, args []string, usage string, help io.Writer) error {
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		printUsage(help, usage, flags)
	}
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return err
}

func printUsage(out io.Writer, usage string, flags *flag.FlagSet) {
	fmt.Fprint(out, usage)
	flags.VisitAll(func(f *flag.Flag) {
		value, text := flag.UnquoteUsage(f)
		fmt.Fprintf(out, "  %s\n        %s", strings.TrimSpace("--"+f.Name+" "+value), text)
		if f.DefValue != "false" && f.DefValue != "" && f.DefValue != "0" {
			fmt.Fprintf(out, " (default %s)", f.DefValue)
		}
		fmt.Fprintln(out)
	})
}

func (o options) check() error {
	switch {
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
