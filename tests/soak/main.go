// Command soak runs scenarios over bad networks, one after another with a new seed each,
// against one gateway that lives as long as it does. It prints a line for each, and the
// sum; what was lost is 0, or the exit code is 1 and the seed is told.
//
//	go run ./tests/soak -for 10m
//	go run ./tests/soak -seed 123456789
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"rtmwasm/gateway"
	"rtmwasm/gateway/natsengine"
	"rtmwasm/tests/faultproxy"
	"rtmwasm/tests/scenario"
)

func main() {
	length := flag.Duration("for", 2*time.Minute, "how long; the last scenario is let finish")
	seed := flag.Uint64("seed", 0, "run the scenario of this seed only")
	verbose := flag.Bool("v", false, "print all that happened, not of failures only")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := soak(ctx, *length, *seed, *verbose); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

func soak(ctx context.Context, length time.Duration, seed uint64, verbose bool) error {
	addr, stop, err := startGateway(ctx)
	if err != nil {
		return err
	}
	defer stop()
	var sum totals
	for began := time.Now(); sum.runs == 0 || seed == 0 && time.Since(began) < length && ctx.Err() == nil; {
		this := seed
		if this == 0 {
			this = rand.Uint64()
		}
		o := options(this)
		o.Gateway = addr
		report, err := scenario.Run(ctx, o)
		if ctx.Err() != nil { // interrupted: its outcome says nothing
			break
		}
		sum.add(report, err)
		fmt.Println(line(o, report))
		if err != nil {
			fmt.Printf("FAILED: %v\nagain: go run ./tests/soak -seed %d\n", err, this)
		}
		if err != nil || verbose {
			fmt.Println(strings.Join(report.Log, "\n"))
		}
	}
	fmt.Println(sum)
	if sum.failed > 0 {
		return errors.New("a promise was broken")
	}
	return nil
}

// options draws how hard a scenario is.
func options(seed uint64) scenario.Options {
	r := rand.New(rand.NewPCG(seed, 1<<32))
	return scenario.Options{
		Seed:    seed,
		Users:   2 + r.IntN(2),
		Files:   2 + r.IntN(20),
		MaxFile: 1 << (16 + r.IntN(8)), // to 8 MiB
		Rounds:  1 + r.IntN(40),
		Hang:    time.Duration(r.IntN(12)) * time.Second,
		Limit:   4 * time.Minute,
	}
}

// startGateway runs a gateway with its engine on a folder of its own.
func startGateway(ctx context.Context) (addr string, stop func(), err error) {
	dir, err := os.MkdirTemp("", "rtm-soak-*")
	if err != nil {
		return "", nil, err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	engine, err := natsengine.Open(ctx, natsengine.Options{Dir: dir, Logger: log})
	if err != nil {
		return "", nil, err
	}
	server, err := gateway.New(gateway.Config{Engine: engine, MediaStore: engine.MediaStore(), Logger: log})
	if err != nil {
		return "", nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	site := &http.Server{Handler: server.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = site.Serve(listener) }() // ends with Close
	return listener.Addr().String(), func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = server.Close(ctx)
		_ = site.Close()
		engine.Close()
		_ = os.RemoveAll(dir)
	}, nil
}

// totals are of all scenarios.
type totals struct {
	runs, failed          int
	files, sent, reported int
	gaps                  int
	bytes                 int64
	took                  time.Duration
	faults                map[faultproxy.Kind]int
}

func (t *totals) add(r scenario.Report, err error) {
	t.runs++
	if err != nil {
		t.failed++
	}
	t.files += r.Files
	t.sent += r.Sent
	t.reported += r.Reported
	t.gaps += r.Gaps
	t.bytes += r.Bytes
	t.took += r.Took
	if t.faults == nil {
		t.faults = map[faultproxy.Kind]int{}
	}
	for kind, n := range r.Faults {
		t.faults[kind] += n
	}
}

func (t totals) String() string {
	return fmt.Sprintf("%d scenarios in %v: %d files of %.1f MB up and down, %d messages, %d of them reported as arrived, %d gaps\nfaults: %s\nscenarios with a loss: %d",
		t.runs, t.took.Round(time.Second), t.files, float64(t.bytes)/1e6, t.sent, t.reported, t.gaps, list(t.faults), t.failed)
}

func line(o scenario.Options, r scenario.Report) string {
	return fmt.Sprintf("seed %-20d %5.1fs  %d users, hangs to %v: %2d files of %5.1f MB, %4d messages, %2d gaps; %s",
		o.Seed, r.Took.Seconds(), o.Users, o.Hang, r.Files, float64(r.Bytes)/1e6, r.Sent, r.Gaps, list(r.Faults))
}

func list(faults map[faultproxy.Kind]int) string {
	var out []string
	for _, kind := range slices.Sorted(maps.Keys(faults)) {
		out = append(out, fmt.Sprintf("%s %d", kind, faults[kind]))
	}
	return strings.Join(out, ", ")
}
