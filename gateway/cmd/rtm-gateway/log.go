package main

import (
	"flag"
	"fmt"
	"io"
	"log/slog"
)

// logOptions say how to log. Logs never have tokens or credentials, at any level.
type logOptions struct {
	format string
	level  slog.Level
}

func (o *logOptions) register(flags *flag.FlagSet) {
	flags.StringVar(&o.format, "log-format", "text", "`format` of the log: text or json")
	flags.TextVar(&o.level, "log-level", slog.LevelInfo, "least `level` to log: debug, info, warn or error")
}

func (o logOptions) check() error {
	if o.format != "text" && o.format != "json" {
		return fmt.Errorf("--log-format is %q, it must be text or json", o.format)
	}
	return nil
}

func (o logOptions) logger(out io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: o.level}
	if o.format == "json" {
		return slog.New(slog.NewJSONHandler(out, options))
	}
	return slog.New(slog.NewTextHandler(out, options))
}
