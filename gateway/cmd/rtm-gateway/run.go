package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"

	"rtmwasm/gateway"
	"rtmwasm/gateway/metrics"
	"rtmwasm/gateway/natsengine"
	"rtmwasm/web"
)

// subcommands are what may stand in front of the flags.
var subcommands = []string{"doctor", "health", "streams", "token"}

// run is the program. It returns the exit code: 0 after a graceful end, 1 for what
// went wrong, 2 for bad settings.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		switch args[0] {
		case "doctor":
			return runDoctor(ctx, args[1:], stdout, stderr)
		case "health":
			return runHealth(ctx, args[1:], stdout, stderr)
		case "streams":
			return runStreams(ctx, args[1:], stdout, stderr)
		case "token":
			return runToken(args[1:], stdout, stderr)
		}
	}
	o, err := parse(args, stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "rtm-gateway: %v; see rtm-gateway --help\n", err)
		return 2
	case o.version:
		fmt.Fprintln(stdout, versionText())
		return 0
	case o.printConfig:
		o.settings.print(stdout)
		return 0
	}
	log := o.log.logger(stderr)
	if len(o.settings.notes) > 0 {
		log.Warn("variables that mean nothing to the gateway", "names", o.settings.notes)
	}
	if err := serve(ctx, o, log); err != nil {
		log.Error("cannot go on", "error", err)
		return 1
	}
	return 0
}

// serve runs the gateway until ctx ends.
func serve(ctx context.Context, o options, log *slog.Logger) error {
	limitMemory(o.bounds.memory)
	apps, err := o.apps.load(log)
	if err != nil {
		return err
	}
	site := site{drain: o.drain, log: log}
	if site.tls, err = o.tls.config(log); err != nil {
		return err
	}
	listener, err := listen("listen", o.listen)
	if err != nil {
		return err
	}
	site.listener = boundConnections(listener, o.bounds, log)
	defer func() { _ = site.listener.Close() }() // the HTTP server may have closed it
	engine, err := openEngine(ctx, o, log)
	if err != nil {
		return err
	}
	defer engine.Close()
	site.shared, site.broken = o.nats.servers != "", engine.Broken()
	config := gateway.Config{
		Engine:      engine,
		MediaStore:  engine.MediaStore(),
		Authorizer:  authorizer(apps, log),
		SDK:         web.SDK(),
		Demo:        web.Demo(),
		Logger:      log,
		AllowOrigin: o.bounds.origins.allow(),
		Limits:      o.bounds.limits(),
	}
	var meter *metrics.Metrics
	if o.metrics != "" {
		meter = metrics.New()
		config.Meter = meter
	}
	if site.server, err = gateway.New(config); err != nil {
		return err
	}
	if meter != nil {
		stop, err := serveMetrics(o.metrics, meter, site.server, log)
		if err != nil {
			return errors.Join(err, site.server.Close(ctx))
		}
		defer stop()
	}
	return site.serve(ctx)
}

func openEngine(ctx context.Context, o options, log *slog.Logger) (*natsengine.Engine, error) {
	where := o.engine(log)
	if where.Dir != "" {
		if err := checkWritable(where.Dir); err != nil {
			return nil, fmt.Errorf("--data: %w: give the gateway's user a folder that it may write to", err)
		}
	}
	engine, err := natsengine.Open(ctx, where)
	return engine, o.explainEngine(err)
}

// engine is where the engine lives.
func (o options) engine(log *slog.Logger) natsengine.Options {
	where := natsengine.Options{Dir: o.data, MinFree: int64(o.minFree), MediaMaxAge: o.mediaMaxAge, Logger: log,
		UserMail: mailQuota(o.bounds.userMail), AppMail: mailQuota(o.bounds.appMail)}
	o.nats.apply(&where)
	return where
}

// explainEngine adds to an error of the engine what to do about it.
func (o options) explainEngine(err error) error {
	switch {
	case errors.Is(err, natsengine.ErrInUse):
		return fmt.Errorf("--data: %w: stop that one, or give this one a folder of its own", err)
	case err != nil && o.nats.servers != "":
		return o.nats.explain(err)
	}
	return err
}

// checkWritable makes the folder and tries to write there: the engine's own error
// would come late and say little.
func checkWritable(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return err
	}
	_ = f.Close()
	return os.Remove(f.Name())
}
