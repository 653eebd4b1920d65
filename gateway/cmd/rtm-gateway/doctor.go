package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"
)

const doctorUsage = `Usage: rtm-gateway doctor [flags]
       rtm-gateway doctor --url URL [flags]

Says, line by line, whether a gateway with these settings will work here, or, with
--url, whether one that runs can be reached through all that is in front of it:

  rtm-gateway doctor --config /etc/rtm/gateway.conf
  rtm-gateway doctor --url https://rtm.example.org --apps apps.txt

With --url it logs in as the user rtm-doctor of the first app that it is given, uploads
30 MB and removes them, and leaves a file of 16 bytes. It exits with 1 if anything fails.

Flags:
`

// verdict is the outcome of one check.
type verdict string

const (
	good verdict = "ok"
	poor verdict = "warn"
	bad  verdict = "fail"
)

// examination runs checks and prints a line for each.
type examination struct {
	options
	url string

	out    io.Writer
	failed bool
	leave  func() // ends the login
}

// say prints a line. advice is what to do about it, "" for nothing.
func (e *examination) say(v verdict, what, found, advice string) {
	e.failed = e.failed || v == bad
	if advice != "" {
		found += ": " + advice
	}
	fmt.Fprintf(e.out, "%-5s %-10s %s\n", v, what, found)
}

// runDoctor is the subcommand. It returns the exit code.
func runDoctor(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	e := &examination{out: stdout}
	flags := newFlags("rtm-gateway doctor")
	flags.StringVar(&e.url, "url", "", "`URL` of a running gateway, as pages name it")
	e.register(flags)
	var err error
	if e.settings, err = readSettings(flags, args, "url"); errors.Is(err, flag.ErrHelp) {
		printUsage(stdout, doctorUsage, flags)
		return 0
	}
	if err == nil {
		err = errors.Join(e.nats.check(e.settings.from["data"] != ""), e.check())
	}
	if err != nil {
		fmt.Fprintf(stderr, "rtm-gateway doctor: %v; see rtm-gateway doctor --help\n", err)
		return 2
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	if e.url != "" {
		e.remote(ctx)
	} else {
		e.local(ctx)
	}
	if e.failed {
		return 1
	}
	return 0
}
