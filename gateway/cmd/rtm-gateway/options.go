package main

import (
	"errors"
	"flag"
	"io"

	"rtmwasm/gateway/natsengine"
)

// options are the settings of the program. readSettings says where they come from.
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
	trace       traceOptions
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
  /healthz   200 while the gateway runs
  /readyz    200 if clients should come here, otherwise 503; the checks as JSON

With --app or --apps the gateway serves only these apps. An app with a certificate
requires tokens. Without --app and --apps the gateway is in development mode: it
accepts every app id, user and token. In this mode it needs --development to listen
on an address that is not loopback.

  rtm-gateway --apps apps.txt       serves the apps in the file: lines of APPID CERTIFICATE
  rtm-gateway --app APPID           serves one app, without tokens
  rtm-gateway token --help          makes a token to try
  rtm-gateway media-url --help      signs the URL of a file
  rtm-gateway admin --help          shows and changes sessions, bans, channels, media
  rtm-gateway doctor --help         checks settings and surroundings, and says what is wrong
  rtm-gateway health --help         says whether a gateway runs, for scripts
  rtm-gateway streams --help        changes existing streams in NATS: replicas, lifetimes
  rtm-gateway webhook-test --help   posts a sample event to the web hook

A setting can also be an environment variable, such as RTM_MEDIA_MAX_AGE for
--media-max-age, or a line in the file of --config: the flag's name without dashes,
a space and the value; # begins a comment. Flags count before variables, and
variables before the file.

Flags:
`

// parse reads the settings. With --help it writes the help text to help and returns flag.ErrHelp.
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
	flags.StringVar(&o.config, "config", "", "read more settings from this `FILE`; also RTM_CONFIG")
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8080", "`address` to listen on; port 0 picks a free port")
	flags.StringVar(&o.data, "data", "./data", "`folder` for all data except that of --media, created if missing; only one gateway at a time can use it")
	o.media.register(flags)
	o.urlKeys.register(flags)
	o.scan.register(flags)
	o.rest.register(flags)
	o.webhook.register(flags)
	o.apps.register(flags, "`APPID[:CERTIFICATE]` to serve. Give several by repeating the flag, or separate them by spaces or commas; to replace a certificate, give the app once with each")
	flags.BoolVar(&o.apps.development, "development", false, "let every app id, user and token in, also from other machines. On a loopback address a gateway without --app and --apps does so anyway")
	o.nats.register(flags)
	o.bounds.register(flags)
	o.minFree = natsengine.DefaultMinFree
	flags.Var(&o.minFree, "min-free", "`size` to keep free on the disks of --media and --data. With less, the gateway refuses uploads and /readyz fails; with less than half, it also refuses offline messages")
	o.tls.register(flags)
	flags.StringVar(&o.metrics, "metrics", "", "`address` to serve /metrics for Prometheus on; let only your monitoring reach it")
	o.trace.register(flags)
	o.log.register(flags)
	o.drain.register(flags)
	flags.BoolVar(&o.demo, "demo", true, "serve the demo page at /, and /demo.json, which tells it how users log in")
	flags.BoolVar(&o.docs, "docs", true, "serve the documentation at /docs/, if it was built into the program")
	flags.BoolVar(&o.printConfig, "print-config", false, "print the effective settings, as a file for --config, without secrets, and exit")
	flags.BoolVar(&o.version, "version", false, "print the version and exit")
}

func (o options) check() error {
	switch {
	case o.data == "":
		return errors.New("--data must name a folder")
	case o.minFree == 0:
		return errors.New("--min-free is 0B, it must be more: a full disk stops the gateway")
	}
	_, err := o.urlKeys.parse()
	err = errors.Join(err, checkAddress("listen", o.listen))
	if o.metrics != "" {
		err = errors.Join(err, checkAddress("metrics", o.metrics))
	}
	return errors.Join(err, o.media.check(), o.apps.check(o.listen), o.rest.check(), o.webhook.check(), o.bounds.check(), o.scan.check(o.listen, o.tls.cert != ""), o.tls.check(), o.trace.check(), o.log.check(), o.drain.check())
}
