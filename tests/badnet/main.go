// Command badnet is a fault proxy for browser tests: it prints where it listens, runs until
// its standard input ends, and then prints the faults it made, one a line.
//
//	badnet -target 127.0.0.1:8080 -seed 7
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"rtmwasm/tests/faultproxy"
)

func main() {
	target := flag.String("target", "", "the gateway's `host:port`")
	seed := flag.Uint64("seed", 1, "of the faults")
	hang := flag.Duration("hang", 3*time.Second, "the longest stall")
	flag.Parse()
	proxy, err := faultproxy.Start(*target, faultproxy.Random{Seed: *seed, Hang: *hang, MediaHang: *hang})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("url=http://%s\n", proxy.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin)
	proxy.Close()
	for _, e := range proxy.Log() {
		fmt.Printf("%s: %v\n", e.Fault.Kind, e)
	}
}
