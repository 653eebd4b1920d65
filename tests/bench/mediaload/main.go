//go:build linux

// Command mediaload puts the media of a gateway under load: users log in with the SDK's core, and
// then send and fetch files by the requests that the SDK makes, with as little work beside as
// can be, since it runs on the gateway's machine. It prints JSON.
//
//	mediaload upload --gateway URL --users 200 --size 100000 --for 9s | --files 5000 [--keys FILE]
//	mediaload read   --gateway URL --keys FILE --size 300000 --files 300
//	mediaload append --gateway URL --files 500
//	mediaload copy   --dir MEDIA --files 100000
//	mediaload forget --dir FOLDER
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"sync/atomic"
	"time"
)

// plan is what the flags say.
type plan struct {
	gateway, keys, dir string
	users, size        int
	files              int64
	forTime            time.Duration
}

// outcome is what is printed.
type outcome struct {
	Files   int64   `json:"files"`
	Seconds float64 `json:"seconds"`
	Failed  int64   `json:"failed"`
	P50     float64 `json:"p50"` // in ms
	P99     float64 `json:"p99"`
	Failure string  `json:"failure,omitempty"` // the first
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("mediaload: ")
	commands := map[string]func(context.Context, plan) (outcome, error){
		"upload": upload, "read": read, "append": appendBytes, "copy": copyFiles, "forget": forget,
	}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		log.Fatal("say one of upload, read, append, copy and forget")
	}
	var p plan
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	flags.StringVar(&p.gateway, "gateway", "", "`address` of the gateway")
	flags.StringVar(&p.keys, "keys", "", "`file` for the keys of what was uploaded")
	flags.StringVar(&p.dir, "dir", "", "`folder`")
	flags.IntVar(&p.users, "users", 1, "how many `users`, each with one transfer at a time")
	flags.IntVar(&p.size, "size", 100_000, "`bytes` of a file")
	flags.Int64Var(&p.files, "files", 0, "how many `files`; 0: as many as there is time for")
	flags.DurationVar(&p.forTime, "for", time.Hour, "`time`")
	_ = flags.Parse(os.Args[2:]) // it exits
	o, err := commands[os.Args[1]](context.Background(), p)
	if err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(o); err != nil {
		log.Fatal(err)
	}
}

// budget lets a number of files pass, within a time.
type budget struct {
	left atomic.Int64
	end  time.Time
}

func newBudget(p plan) *budget {
	b := &budget{end: time.Now().Add(p.forTime)}
	if b.left.Store(p.files); p.files == 0 {
		b.left.Store(1 << 40)
	}
	return b
}

func (b *budget) take() bool { return b.left.Add(-1) >= 0 && time.Now().Before(b.end) }

// running tells the caller, who reads it, that all users have logged in.
func running(p plan) { fmt.Fprintf(os.Stderr, "running with %d users\n", p.users) }
