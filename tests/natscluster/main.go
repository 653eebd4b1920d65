// Command natscluster runs a NATS cluster for browser tests: it prints its URLs and takes
// orders, one a line, each of which it answers with "done", until its standard input ends.
//
//	kill 0     kill -9 of the first server
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"rtmwasm/tests/cluster"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	dir, err := os.MkdirTemp("", "rtm-cluster-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	program, err := cluster.Build(ctx, dir)
	if err != nil {
		return err
	}
	c, err := cluster.Start(ctx, program, dir, cluster.Options{})
	if err != nil {
		return err
	}
	defer c.Stop()
	fmt.Printf("urls=%s\n", strings.Join(c.URLs(), ","))
	for orders := bufio.NewScanner(os.Stdin); orders.Scan(); {
		var n int
		if _, err := fmt.Sscanf(orders.Text(), "kill %d", &n); err != nil || n < 0 || n >= cluster.Size {
			return fmt.Errorf("what is %q?", orders.Text())
		}
		c.Servers[n].Kill()
		fmt.Println("done")
	}
	return nil
}
