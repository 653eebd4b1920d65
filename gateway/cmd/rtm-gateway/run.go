package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"go.opentelemetry.io/otel/trace"

	"rtmwasm/gateway"
	"rtmwasm/gateway/metrics"
	"rtmwasm/gateway/natsengine"
	"rtmwasm/gateway/rest"
	"rtmwasm/gateway/scan"
	"rtmwasm/gateway/webhook"
	"rtmwasm/web"
)

// subcommands are the words that may come before the flags.
var subcommands = []string{"admin", "doctor", "health", "media-url", "streams", "token", "webhook-test"}

// run is the program. It returns the exit code: 0 after a graceful end, 1 after a failure,
// 2 for wrong settings.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		switch args[0] {
		case "admin":
			return runAdmin(ctx, args[1:], stdout, stderr)
		case "doctor":
			return runDoctor(ctx, args[1:], stdout, stderr)
		case "health":
			return runHealth(ctx, args[1:], stdout, stderr)
		case "media-url":
			return runMediaURL(args[1:], stdout, stderr)
		case "streams":
			return runStreams(ctx, args[1:], stdout, stderr)
		case "token":
			return runToken(args[1:], stdout, stderr)
		case "webhook-test":
			return runWebhookTest(ctx, args[1:], stdout, stderr)
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
		log.Warn("unknown environment variables", "names", o.settings.notes)
	}
	if err := serve(ctx, o, log); err != nil {
		log.Error("the gateway ends", "error", err)
		return 1
	}
	return 0
}

// serve runs the gateway until ctx ends. It listens before it opens the data: that may take
// minutes, and /healthz must show that the gateway is starting and has not failed.
func serve(ctx context.Context, o options, log *slog.Logger) error {
	limitMemory(o.bounds.memory)
	apps, err := o.apps.load(log)
	if err != nil {
		return err
	}
	site := site{drain: o.drain, log: log, front: newFront(o.opening()), failed: make(chan error, 1)}
	certificates, err := o.tls.open(log)
	if err != nil {
		return err
	}
	site.tls = certificates.config()
	listener, err := listen("listen", o.listen)
	if err != nil {
		return err
	}
	site.listener = boundConnections(listener, o.bounds, log)
	site.http = gateway.NewHTTPServer(site.front, log)
	defer func() { _ = site.http.Close() }() // closes the listener, too
	var meter *metrics.Metrics
	if o.metrics != "" {
		meter = metrics.New()
		meter.Watch(o.state(site.front, certificates))
		stop, err := serveMetrics(o.metrics, meter, site.front, log)
		if err != nil {
			return errors.Join(err, listener.Close())
		}
		defer stop()
	}
	tracer, log, stopTraces, err := o.trace.open(ctx, meter, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer stopTraces() // deferred early: it runs after everything that is traced
	site.log = log
	site.listen()
	scanner, err := o.scan.open(site.url(), meter, log)
	if err != nil {
		return err
	}
	r, err := site.await(ctx, func() (running, error) { return o.start(ctx, apps, scanner, tracer, meter, log) })
	if err != nil || r.server == nil { // no server: ctx ended during the start
		return err
	}
	defer r.closeStores(log)
	if o.rest.listen != "" {
		stop, err := serveREST(o.rest.listen, traced(tracer, r.rest), site.tls, log)
		if err != nil {
			return err
		}
		defer stop()
	}
	stopWebhook, err := o.webhook.start(ctx, r.engine.WebhookQueue(), min(webhook.DefaultGrace, o.drain.limit/2), tracer, meter, log)
	if err != nil {
		return err
	}
	defer stopWebhook()
	site.shared, site.broken, site.server = o.nats.servers != "", r.engine.Broken(), r.server
	return site.serve(ctx)
}

// running is a gateway with its parts. The zero value means that no gateway was started.
type running struct {
	engine *natsengine.Engine
	media  *mediaStore
	server *gateway.Server
	rest   http.Handler
}

// closeStores closes the media store and the engine.
func (r running) closeStores(log *slog.Logger) {
	if err := r.media.close(); err != nil {
		log.Warn("media: cannot close", "error", err)
	}
	r.engine.Close()
}

func (r running) close() {
	if r.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = r.server.Close(ctx) // it has no clients yet
		r.closeStores(slog.New(slog.DiscardHandler))
	}
}

// start opens the engine and starts the gateway on it.
func (o options) start(ctx context.Context, apps *gateway.Apps, scanner *scan.Scanner, tracer trace.Tracer, meter *metrics.Metrics, log *slog.Logger) (running, error) {
	engine, err := openEngine(ctx, o, tracer, meter, log)
	if err != nil {
		return running{}, err
	}
	store, err := o.openMediaStore(ctx, engine, scanner, log)
	if err != nil {
		engine.Close()
		return running{}, err
	}
	auth := authorizer(apps, log)
	config := gateway.Config{
		Engine:       engine,
		MediaStore:   store,
		MediaURLKeys: o.ring(engine.MediaKeys()),
		Authorizer:   auth,
		SDK:          web.SDK(),
		Tracer:       tracer,
		Logger:       log,
		AllowOrigin:  o.bounds.origins.allow(),
		Limits:       o.bounds.limits(),
	}
	if o.demo {
		config.Demo = web.Demo()
	}
	if o.docs {
		config.Docs = web.Docs()
	}
	if o.nats.servers != "" {
		config.MediaGateways = engine.MediaGateways()
	}
	if scanner != nil {
		config.Scanner = scanner
	}
	if events := engine.Events(); events != nil {
		config.Events = events
	}
	if history := engine.History(); history != nil {
		config.History = history
	}
	var backends *rest.Handler // set below, because it needs the server; the server handles no request before start returns
	if o.rest.listen == "" {
		config.REST = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { backends.ServeHTTP(w, r) })
	}
	if meter != nil {
		config.Meter = meter
	}
	server, err := gateway.New(config)
	if err != nil {
		running{engine: engine, media: store}.closeStores(log)
		return running{}, err
	}
	r := running{engine: engine, media: store, server: server}
	if backends, err = o.restHandler(engine, auth, server.Media(), meter, log); err != nil {
		r.close()
		return running{}, err
	}
	r.rest = backends
	return r, nil
}

// opening says what start is doing, for /readyz and the log.
func (o options) opening() string {
	if o.nats.servers != "" {
		return "connecting to NATS at " + o.nats.servers.Redacted()
	}
	return "opening the data folder " + o.data
}

func openEngine(ctx context.Context, o options, tracer trace.Tracer, meter *metrics.Metrics, log *slog.Logger) (*natsengine.Engine, error) {
	where := o.engine(log)
	where.Tracer = tracer
	o.webhook.apply(&where, meter)
	if where.Dir != "" {
		if err := checkWritable(where.Dir); err != nil {
			return nil, fmt.Errorf("--data: %w: give the gateway's user a folder that it may write to", err)
		}
	}
	engine, err := natsengine.Open(ctx, where)
	return engine, o.explainEngine(err)
}

// engine returns the options of the engine.
func (o options) engine(log *slog.Logger) natsengine.Options {
	where := natsengine.Options{Dir: o.data, MinFree: int64(o.minFree), MediaMaxAge: o.media.maxAge, Logger: log,
		UserMail: mailQuota(o.bounds.userMail), AppMail: mailQuota(o.bounds.appMail)}
	o.nats.apply(&where)
	o.rest.apply(&where)
	return where
}

// explainEngine adds to an error of the engine what to do about it.
func (o options) explainEngine(err error) error {
	switch {
	case errors.Is(err, natsengine.ErrInUse):
		return fmt.Errorf("--data: %w: stop that gateway, or give this one another folder", err)
	case err != nil && o.nats.servers != "":
		return o.nats.explain(err)
	}
	return err
}

// checkWritable creates the folder and tries to write to it. The engine's own error
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
