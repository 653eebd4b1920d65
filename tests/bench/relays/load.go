package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// client is a user of a relay.
type client interface {
	send(to string, text []byte) error // to one, or to all others
}

// plan is what load does, in the words of rtm-load.
type plan struct {
	kind, url string
	sessions  int
	ramp      time.Duration
	duration  time.Duration
	rate      float64 // messages a second, of all
	size      int     // bytes of a message
	all       bool    // the first sends to all others, instead of each to the next
}

// tally is when messages came after they were due, in ms.
type tally struct {
	mu     sync.Mutex
	took   []float64
	failed int
}

// heard notes a message, which begins with the time when it was due.
func (t *tally) heard(text []byte) {
	head, _, _ := strings.Cut(string(text), " ")
	due, err := strconv.ParseInt(head, 10, 64)
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		t.failed++
		return
	}
	t.took = append(t.took, float64(time.Now().UnixNano()-due)/1e6)
}

func load(args []string) error {
	var p plan
	flags := flag.NewFlagSet("load", flag.ExitOnError)
	flags.StringVar(&p.kind, "kind", "bare", "bare or centrifuge")
	flags.StringVar(&p.url, "url", "", "`address` of the relay")
	flags.IntVar(&p.sessions, "sessions", 100, "how many `users`")
	flags.DurationVar(&p.ramp, "ramp", time.Second, "`time` over which they connect")
	flags.DurationVar(&p.duration, "duration", 8*time.Second, "`time` of the load")
	flags.Float64Var(&p.rate, "rate", 1000, "`messages` a second, in all")
	flags.IntVar(&p.size, "size", 1000, "`bytes` of a message")
	flags.BoolVar(&p.all, "all", false, "one sends to all others")
	_ = flags.Parse(args) // it exits

	t := &tally{}
	clients, err := connect(p, t)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "running")
	run(p, clients, t)
	return t.print(p)
}

func connect(p plan, t *tally) ([]client, error) {
	clients, errs := make([]client, p.sessions), make([]error, p.sessions)
	var all sync.WaitGroup
	begun := time.Now()
	for i := range clients {
		time.Sleep(time.Until(begun.Add(p.ramp * time.Duration(i) / time.Duration(p.sessions))))
		all.Go(func() {
			if id := "u" + strconv.Itoa(i); p.kind == "centrifuge" {
				clients[i], errs[i] = dialCentrifuge(p.url, id, p.all, t.heard)
			} else {
				clients[i], errs[i] = dialBare(p.url, id, t.heard)
			}
		})
	}
	all.Wait()
	return clients, errors.Join(errs...)
}

// run sends at an even rate, without waiting for answers.
func run(p plan, clients []client, t *tally) {
	var all sync.WaitGroup
	begun := time.Now()
	for n := 0; ; n++ {
		due := begun.Add(time.Duration(float64(n) / p.rate * 1e9))
		if due.Sub(begun) >= p.duration {
			break
		}
		time.Sleep(time.Until(due))
		from, to := clients[n%len(clients)], "u"+strconv.Itoa((n+1)%len(clients))
		if p.all {
			from, to = clients[0], ""
		}
		head := strconv.FormatInt(due.UnixNano(), 10) + " "
		text := []byte(head + strings.Repeat("x", p.size-len(head)))
		all.Go(func() {
			if err := from.send(to, text); err != nil {
				t.mu.Lock()
				t.failed++
				t.mu.Unlock()
			}
		})
	}
	all.Wait()
	time.Sleep(time.Second) // what is under way arrives
}

func (t *tally) print(p plan) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	slices.Sort(t.took)
	at := func(q float64) float64 {
		if len(t.took) == 0 {
			return 0
		}
		return t.took[int(q*float64(len(t.took)-1))]
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"count": len(t.took), "rate": float64(len(t.took)) / p.duration.Seconds(), "p50": at(0.5), "p99": at(0.99), "failed": t.failed,
	})
}
