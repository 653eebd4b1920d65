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
	process *exec.Cmd
	cancel  context.CancelFunc
	killer  sync.WaitGroup
}

var listening = regexp.MustCompile(`listening url=http://(\S+)`)

// startGateway builds the program and runs it. When often is not 0 it is killed again
// and again, so often on average.
func startGateway(ctx context.Context, often time.Duration) (*gateway, error) {
	dir, err := os.MkdirTemp("", "rtm-soak-*")
	if err != nil {
		return nil, err
	}
	g := &gateway{dir: dir, addr: "127.0.0.1:0"}
	build := exec.CommandContext(ctx, "go", "build", "-o", g.program(), "rtmwasm/gateway/cmd/rtm-gateway")
	if out, err := build.CombinedOutput(); err != nil {
		_ = os.RemoveAll(dir)
		return nil, fmt.Errorf("build the gateway: %w\n%s", err, out)
	}
	if err := g.start(); err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	ctx, g.cancel = context.WithCancel(ctx)
	if often > 0 {
		g.killer.Go(func() { g.killAgainAndAgain(ctx, often) })
	}
	return g, nil
}

func (g *gateway) program() string { return filepath.Join(g.dir, "rtm-gateway") }

// start returns when the gateway listens.
func (g *gateway) start() error {
	cmd := exec.Command(g.program(), "--listen", g.addr, "--data", filepath.Join(g.dir, "data"))
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	g.process = cmd
	listens := make(chan string, 1)
	go watch(stderr, listens)
	addr, ok := <-listens
	if !ok {
		g.kill()
		return errors.New("the gateway did not start")
	}
	g.addr = addr
	return nil
}

// watch prints the errors among a gateway's log, and tells where it listens.
func watch(stderr io.Reader, listens chan<- string) {
	defer close(listens)
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		if m := listening.FindStringSubmatch(lines.Text()); m != nil {
			listens <- m[1]
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
	g.cancel()
	g.killer.Wait()
	g.kill()
	_ = os.RemoveAll(g.dir)
}
