package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// gateway is the shipped program, run on a folder of its own.
type gateway struct {
	dir     string // the program and its data
	addr    string // host:port; the same in every life
	metrics string // the address of its metrics, likewise
	process *exec.Cmd
}

var (
	listening = regexp.MustCompile(`listening url=http://(\S+)`)
	measuring = regexp.MustCompile(`msg=metrics address=(\S+)`)
)

// startGateway builds the program and runs it.
func startGateway(ctx context.Context) (*gateway, error) {
	dir, err := os.MkdirTemp("", "rtm-soak-*")
	if err != nil {
		return nil, err
	}
	g := &gateway{dir: dir, addr: "127.0.0.1:0", metrics: "127.0.0.1:0"}
	build := exec.CommandContext(ctx, "go", "build", "-o", g.program(), "rtmwasm/gateway/cmd/rtm-gateway")
	if out, err := build.CombinedOutput(); err != nil {
		_ = os.RemoveAll(dir)
		return nil, fmt.Errorf("build the gateway: %w\n%s", err, out)
	}
	if err := g.start(); err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	return g, nil
}

// keepKilling kills the gateway again and again, so often on average, until the function that it
// returns is called.
func (g *gateway) keepKilling(ctx context.Context, often time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var killer sync.WaitGroup
	if often > 0 {
		killer.Go(func() { g.killAgainAndAgain(ctx, often) })
	}
	return func() {
		cancel()
		killer.Wait()
	}
}

func (g *gateway) program() string { return filepath.Join(g.dir, "rtm-gateway") }

// start returns when the gateway listens.
func (g *gateway) start() error {
	cmd := exec.Command(g.program(), "--listen", g.addr, "--metrics", g.metrics, "--data", filepath.Join(g.dir, "data"))
	cmd.Env = append(os.Environ(), fmt.Sprintf("GOGC=%d", gatewayGC))
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	g.process = cmd
	listens := make(chan [2]string, 1)
	go watch(stderr, listens)
	addresses, ok := <-listens
	if !ok {
		g.kill()
		return errors.New("the gateway did not start")
	}
	g.addr, g.metrics = addresses[0], addresses[1]
	return nil
}

// watch prints the errors among a gateway's log, and tells where it listens and has its metrics.
func watch(stderr io.Reader, listens chan<- [2]string) {
	defer close(listens)
	metrics := ""
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		if m := measuring.FindStringSubmatch(lines.Text()); m != nil {
			metrics = m[1]
		}
		if m := listening.FindStringSubmatch(lines.Text()); m != nil {
			listens <- [2]string{m[1], metrics}
		}
		if strings.Contains(lines.Text(), "level=ERROR") || strings.Contains(lines.Text(), "panic") {
			fmt.Println("gateway:", lines.Text())
		}
	}
}

func (g *gateway) killAgainAndAgain(ctx context.Context, often time.Duration) {
	for {
		select {
		case <-time.After(often/2 + time.Duration(rand.Int64N(int64(often)))):
		case <-ctx.Done():
			return
		}
		g.kill()
		fmt.Println("gateway: killed")
		if err := g.start(); err != nil {
			fmt.Println("gateway:", err)
			return
		}
	}
}

// kill is kill -9.
func (g *gateway) kill() {
	_ = g.process.Process.Kill()
	_ = g.process.Wait() // "signal: killed"
}

func (g *gateway) stop() {
	g.kill()
	_ = os.RemoveAll(g.dir)
}
