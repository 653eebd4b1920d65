package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"
)

const doctorUsage = `Usage: rtm-gateway doctor [--json] [flags]
       rtm-gateway doctor --url URL [--json] [flags]

Checks whether a gateway with these settings will work on this machine. With --url it
checks whether clients can reach a running gateway through all proxies in front of it.
It prints a line for each check. If something is wrong, the line ends with what to do.

  rtm-gateway doctor --config /etc/rtm/gateway.conf
  rtm-gateway doctor --url https://rtm.example.org --apps apps.txt

With --url it logs in as the user rtm-doctor of the first app in --apps or --app, uploads
30 MB and removes them. A file of 16 bytes stays until it expires.

It exits with 0 if no check fails, with 1 if a check fails, and with 2 if the settings
are wrong. With --json it prints one object at the end:

  ok      boolean: no check failed
  url     the value of --url, if given
  checks  array, in the order of the checks; two may have the same name
    name     what was checked, such as "disk"
    verdict  "ok", "warn" or "fail"
    found    what was found, for people
    advice   what to do, for people; left out if there is nothing to do

Flags:
`

// verdict is the outcome of one check.
type verdict string

const (
	good verdict = "ok"
	poor verdict = "warn"
	bad  verdict = "fail"
)

// report is what --json prints. doctorUsage describes it.
type report struct {
	OK     bool      `json:"ok"`
	URL    string    `json:"url,omitempty"`
	Checks []finding `json:"checks"`
}

// finding is the result of one check.
type finding struct {
	Name    string  `json:"name"`
	Verdict verdict `json:"verdict"`
	Found   string  `json:"found"`
	Advice  string  `json:"advice,omitempty"`
}

// examination runs checks. It prints a line for each, or one report in JSON.
type examination struct {
	options
	url  string
	json bool

	out    io.Writer
	failed bool
	report []finding // only with json
	leave  func()    // ends the login
}

// say records what a check found. advice says what to do about it; "" if there is nothing to do.
func (e *examination) say(v verdict, what, found, advice string) {
	e.failed = e.failed || v == bad
	if e.json {
		e.report = append(e.report, finding{what, v, found, advice})
		return
	}
	if advice != "" {
		found += ": " + advice
	}
	fmt.Fprintf(e.out, "%-5s %-10s %s\n", v, what, found)
}

// runDoctor runs the subcommand doctor and returns the exit code.
func runDoctor(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	e := &examination{out: stdout}
	flags := newFlags("rtm-gateway doctor")
	flags.StringVar(&e.url, "url", "", "`URL` of a running gateway, as pages use it")
	flags.BoolVar(&e.json, "json", false, "print JSON, for programs")
	e.register(flags)
	var err error
	if e.settings, err = readSettings(flags, args, "url", "json"); errors.Is(err, flag.ErrHelp) {
		printOwnUsage(stdout, doctorUsage, flags, "url", "json")
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
	if e.json {
		if err := json.NewEncoder(stdout).Encode(report{!e.failed, e.url, e.report}); err != nil {
			fmt.Fprintf(stderr, "rtm-gateway doctor: %v\n", err)
			return 1
		}
	}
	if e.failed {
		return 1
	}
	return 0
}
