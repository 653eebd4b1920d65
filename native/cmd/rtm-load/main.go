// Command rtm-load puts load on a gateway with real clients. It reports latencies, errors and
// losses.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program. It returns the exit code: 0 if nothing failed and nothing was lost, 2 for
// a bad command line, 1 otherwise.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	p, err := parsePlan(args, stdout)
	switch {
	case err != nil:
		fmt.Fprintf(stderr, "rtm-load: %v; see rtm-load --help\n", err)
		return 2
	case p == nil: // --help or --version
		return 0
	}
	r := newReport()
	f := newFleet(p, r)
	defer f.logout()
	fmt.Fprintf(stderr, "logging in %d users…\n", p.sessions)
	if err := f.login(ctx); err != nil {
		fmt.Fprintf(stderr, "rtm-load: %v\n", err)
		return 1
	}
	rooms, err := f.join(ctx)
	if err != nil {
		fmt.Fprintf(stderr, "rtm-load: not all members could join their channels: %v\n", err)
		return 1
	}
	fmt.Fprintf(stderr, "running for %v…\n", p.duration)
	f.traffic(ctx, rooms)
	r.print(stdout)
	if r.bad() {
		return 1
	}
	return 0
}
