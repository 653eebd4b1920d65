// Command soak runs scenarios over bad networks, a few at a time and each with a new
// seed, against one gateway. It prints a line for each, and the sum. If anything was lost the exit
// code is 1, and the seed is told; it is 1 as well if at the end the gateway, or the clients in this
// program, hold more memory or goroutines than at the beginning.
//
//	go run ./tests/soak -for 10m
//	go run ./tests/soak -for 10m -kill 20s
//	go run ./tests/soak -for 10m -kill 20s -cluster
//	go run ./tests/soak -seed 123456789
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"time"

	"rtmwasm/tests/faultproxy"
	"rtmwasm/tests/scenario"
)

func main() {
	length := flag.Duration("for", 2*time.Minute, "how long; the last scenario is let finish")
	seed := flag.Uint64("seed", 0, "run the scenario of this seed only")
	onCluster := flag.Bool("cluster", false, "run the gateway on three NATS servers")
	kill := flag.Duration("kill", 0, "kill -9 the gateway, or with -cluster one of the NATS servers, so often, on average, and start it again; 0: never")
	atOnce := flag.Int("at-once", 3, "how many scenarios run at a time")
	verbose := flag.Bool("v", false, "print all that happened, not of failures only")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	s := &soak{length: *length, seed: *seed, onCluster: *onCluster, verbose: *verbose}
	if err := s.run(ctx, *kill, *atOnce); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

// soak is a run of the program.
type soak struct {
	length    time.Duration
	end       time.Time // no scenario begins later
	seed      uint64    // 0: a new one for each scenario
	onCluster bool
	verbose   bool
	addr      string // of the gateway

	mu  sync.Mutex // guards sum and the output
	sum totals
}

func (s *soak) run(ctx context.Context, kill time.Duration, atOnce int) error {
	g, err := startGateway(ctx, s.onCluster)
	if err != nil {
		return err
	}
	defer g.stop()
	s.addr = g.addr
	if s.seed != 0 {
		atOnce = 1
	}
	if _, err := scenario.Run(ctx, warmUp(s.addr)); err != nil {
		return fmt.Errorf("warm up: %w", err)
	}
	gatewayBase, err := g.measure(ctx)
	if err != nil {
		return err
	}
	clientBase, _ := measureSelf(ctx)
	s.end = time.Now().Add(s.length)
	stopKilling := g.keepKilling(ctx, kill)
	var lanes sync.WaitGroup
	for range atOnce {
		lanes.Go(func() { s.lane(ctx) })
	}
	lanes.Wait()
	stopKilling()
	fmt.Println(s.sum)
	if s.sum.failed > 0 {
		return errors.New("a promise was broken")
	}
	atEnd, err := settle(ctx, gatewayBase, g.measure)
	if err != nil {
		return fmt.Errorf("the gateway at the end: %w", err)
	}
	ownAtEnd, err := settle(ctx, clientBase, measureSelf)
	if err != nil {
		return fmt.Errorf("the clients at the end: %w", err)
	}
	fmt.Printf("gateway: %v at the beginning, %v at the end\nclients: %v at the beginning, %v at the end\n", gatewayBase, atEnd, clientBase, ownAtEnd)
	return nil
}

// warmUp is a small scenario on a good network, after which a gateway has all that does not depend
// on what it is used for.
func warmUp(addr string) scenario.Options {
	return scenario.Options{Gateway: addr, Seed: 1, Users: 3, Files: 4, MaxFile: 1 << 20, Rounds: 2, Limit: 5 * time.Minute}
}

// lane runs one scenario after another.
func (s *soak) lane(ctx context.Context) {
	for {
		seed := s.seed
		if seed == 0 {
			seed = rand.Uint64()
		}
		o := options(seed)
		o.Gateway = s.addr
		report, err := scenario.Run(ctx, o)
		if ctx.Err() != nil { // interrupted: its outcome says nothing
			return
		}
		s.tell(o, report, err)
		if s.seed != 0 || time.Now().After(s.end) {
			return
		}
	}
}

func (s *soak) tell(o scenario.Options, report scenario.Report, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sum.add(report, err)
	fmt.Println(line(o, report))
	if err != nil {
		fmt.Printf("FAILED: %v\nagain: go run ./tests/soak -seed %d\n", err, o.Seed)
	}
	if err != nil || s.verbose {
		fmt.Println(strings.Join(report.Log, "\n"))
	}
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
		Limit:   5 * time.Minute,

		Hang:      time.Duration(r.IntN(12)) * time.Second,
		MediaHang: time.Duration(r.IntN(40)) * time.Second,
	}
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
	return fmt.Sprintf("seed %-20d %5.1fs  %d users, hangs to %v and %v: %2d files of %5.1f MB, %4d messages, %2d gaps; %s",
		o.Seed, r.Took.Seconds(), o.Users, o.Hang, o.MediaHang, r.Files, float64(r.Bytes)/1e6, r.Sent, r.Gaps, list(r.Faults))
}

func list(faults map[faultproxy.Kind]int) string {
	var out []string
	for _, kind := range slices.Sorted(maps.Keys(faults)) {
		out = append(out, fmt.Sprintf("%s %d", kind, faults[kind]))
	}
	return strings.Join(out, ", ")
}
