package main

import (
	"errors"
	"flag"
	"io"

	"rtmwasm/gateway/natsengine"
)

// options are what the program is to do; see readSettings for where they come from.
type options struct {
	config      string
	listen      string
	data        string
	media       mediaOptions
	urlKeys     urlKeys
	scan        scanOptions
	rest        restOptions
	webhook     webhookOptions
	apps        appSources
	nats        natsOptions
	bounds      boundOptions
	minFree     size
	tls         tlsOptions
	metrics     string
	log         logOptions
	drain       drainOptions
	demo        bool
	docs        bool
	version     bool
	printConfig bool

	settings *settings
}

const usage = `Usage: rtm-gateway [flags]
       rtm-gateway token --uid USER [flags]
       rtm-gateway media-url --app APPID --media ID [flags]
       rtm-gateway admin COMMAND [flags]
       rtm-gateway doctor [--url URL] [flags]
       rtm-gateway health [--url URL] [--ready] [flags]
       rtm-gateway streams [--apply] [flags]
       rtm-gateway webhook-test [flags]

Runs a gateway for rtm-wasm clients on one address:

  /          demo page, unless --demo=false
  /docs/     documentation, unless --docs=false
  /sdk/      the SDK's files for browsers
  /rtm       WebSocket of clients
  /media/    uploads (tus 1.0, IETF drafts) and downloads of image and file messages
  /dev/v2/   REST interface for backends of apps, with --rest-key
  /v1/apps/  control API for backends and operators, with --rest-key
  /healthz   says ok while the gateway runs
  /readyz    200 when clients should come here, else 503; which check fails, as JSON

With app ids named by --app or --apps only those are served, and an app with a
certificate requires tokens. With none it is in development mode: every app id,
user and token is accepted. On an address that is not loopback it then needs
--development to start.

  rtm-gateway --apps apps.txt       lines of APPID CERTIFICATE
  rtm-gateway --app APPID           this app, without tokens
  rtm-gateway token --help          mints a token to try
  rtm-gateway media-url --help      signs the URL of a file
  rtm-gateway admin --help          shows and changes sessions, bans, channels, media
  rtm-gateway doctor --help         says what is wrong
  rtm-gateway health --help         says whether one runs, for scripts
  rtm-gateway streams --help        changes what exists in NATS: replicas, lifetimes
  rtm-gateway webhook-test --help   posts a sample event to the web hook

A flag that is not given is looked up as a variable, --media-max-age as
RTM_MEDIA_MAX_AGE, and then in the file of --config, where a line is the flag's
name without dashes, a space and the value; # begins a comment.

Flags:
`

// parse reads the settings. Help that is asked for goes to help, what is wrong comes as
// an error.
func parse(args []string, help io.Writer) (o options, err error) {
	flags := newFlags("rtm-gateway")
	o.register(flags)
	if o.settings, err = readSettings(flags, args); errors.Is(err, flag.ErrHelp) {
		printUsage(help, usage, flags)
	}
	if err != nil || o.version {
		return o, err
	}
	if err := o.nats.check(o.settings.from["data"] != ""); err != nil {
		return o, err
	}
	return o, errors.Join(o.check(), o.media.checkShared(o.nats.servers != ""))
}

func (o *options) register(flags *flag.FlagSet) {
	flags.StringVar(&o.config, "config", "", "`FILE` with further settings; also RTM_CONFIG")
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8080", "`address` to serve on; port 0 picks a free one")
	flags.StringVar(&o.data, "data", "./data", "`folder` for all data but that of --media, made if missing; one gateway at a time")
	o.media.register(flags)
	o.urlKeys.register(flags)
	o.scan.register(flags)
	o.rest.register(flags)
	o.webhook.register(flags)
	o.apps.register(flags, "`APPID[:CERTIFICATE]` to be served; may be repeated, also with a second certificate of an app, and name several, between spaces or commas")
	flags.BoolVar(&o.apps.development, "development", false, "let every app id, user and token in, also from other machines; without apps named a gateway on a loopback address does so anyway")
	o.nats.register(flags)
	o.bounds.register(flags)
	o.minFree = natsengine.DefaultMinFree
	flags.Var(&o.minFree, "min-free", "`size` that uploads leave free on the disks of --media and --data, and offline messages half of it; with less, they are refused and /readyz fails")
	o.tls.register(flags)
	flags.StringVar(&o.metrics, "metrics", "", "`address` to serve /metrics for Prometheus on, for your eyes only")
	o.log.register(flags)
	o.drain.register(flags)
	flags.BoolVar(&o.demo, "demo", true, "serve the demo page at /, and at /demo.json how users log in; false leaves both out")
	flags.BoolVar(&o.docs, "docs", true, "serve the documentation at /docs/, if it was built into the program")
	flags.BoolVar(&o.printConfig, "print-config", false, "print the settings that are in effect, as a file for --config, without secrets, and exit")
	flags.BoolVar(&o.version, "version", false, "print the version and exit")
}

func (o options) check() error {
	switch {
	case o.data == "":
		return errors.New("--data must name a folder")
	case o.minFree == 0:
		return errors.New("--min-free must leave something: a full disk stops the gateway")
	}
	_, err := o.urlKeys.parse()
	err = errors.Join(err, checkAddress("listen", o.listen))
	if o.metrics != "" {
		err = errors.Join(err, checkAddress("metrics", o.metrics))
	}
	return errors.Join(err, o.media.check(), o.apps.check(o.listen), o.rest.check(), o.webhook.check(), o.bounds.check(), o.scan.check(o.listen, o.tls.cert != ""), o.tls.check(), o.log.check(), o.drain.check())
}
