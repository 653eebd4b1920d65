package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"rtmwasm/gateway"
	"rtmwasm/gateway/natsengine"
	"rtmwasm/web"
)

// endTimeout bounds the graceful end; clients that do not answer are dropped then.
const endTimeout = 10 * time.Second

// run is the program. It returns the exit code: 0 after a graceful end, 1 for what
// went wrong, 2 for a bad command line.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "token" {
		return runToken(args[1:], stdout, stderr)
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
	log := slog.New(slog.NewTextHandler(stderr, nil))
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
	apps, err := o.apps.load(log)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", o.listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	defer func() { _ = listener.Close() }() // the HTTP server may have closed it
	where := natsengine.Options{Dir: o.data, MediaMaxAge: o.mediaMaxAge, Logger: log}
	o.nats.apply(&where)
	if where.Dir != "" {
		if err := checkWritable(where.Dir); err != nil {
			return fmt.Errorf("--data: %w", err)
		}
	}
	engine, err := natsengine.Open(ctx, where)
	if err != nil {
		return err
	}
	defer engine.Close()
	server, err := gateway.New(gateway.Config{
		Engine:      engine,
		MediaStore:  engine.MediaStore(),
		Authorizer:  authorizer(apps, log),
		SDK:         web.SDK(),
		Demo:        web.Demo(),
		Logger:      log,
		AllowOrigin: o.bounds.origins.allow(),
		Limits:      o.bounds.limits(),
	})
	if err != nil {
		return err
	}
	return serveHTTP(ctx, server, listener, log)
}

func serveHTTP(ctx context.Context, server *gateway.Server, listener net.Listener, log *slog.Logger) error {
	// No timeouts for whole requests: uploads and downloads have their own.
	h := &http.Server{
		Handler:           server.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(listener) }()
	log.Info("listening", "url", "http://"+listener.Addr().String())
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
		log.Info("ending")
	}
	ending, cancel := context.WithTimeout(context.Background(), endTimeout)
	defer cancel()
	if e := server.Close(ending); e != nil {
		log.Warn("some clients did not answer in time", "error", e)
	}
	if e := h.Shutdown(ending); e != nil {
		_ = h.Close() // what is left after the time given
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
