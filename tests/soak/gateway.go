package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"rtmwasm/tests/cluster"
)

// gateway is the shipped program, run on a folder of its own.
type gateway struct {
	dir     string // the program and its data
	addr    string // host:port; the same in every life
	metrics string // the address of its metrics, likewise
	process *exec.Cmd
	cluster *cluster.Cluster // nil: the gateway has its own NATS server
}

var (
	listening = regexp.MustCompile(`listening url=http://(\S+)`)
	measuring = regexp.MustCompile(`msg="serving metrics" address=(\S+)`)
)

// startGateway builds the program and runs it; onCluster on three NATS servers.
func startGateway(ctx context.Context, onCluster bool) (*gateway, error) {
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
	if onCluster {
		if err := g.startCluster(ctx); err != nil {
			g.stop()
			return nil, err
		}
	}
	if err := g.start(); err != nil {
		g.stop()
		return nil, err
	}
	return g, nil
}

func (g *gateway) startCluster(ctx context.Context) error {
	nats, err := cluster.Build(ctx, g.dir)
	if err != nil {
		return err
	}
	if err := os.Mkdir(g.media(), 0o700); err != nil {
		return err
	}
	g.cluster, err = cluster.Start(ctx, nats, g.dir, cluster.Options{})
	return err
}

// keepKilling kills the gateway, or one of its NATS servers, again and again, so often on average,
// until the function that it returns is called.
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

func (g *gateway) media() string { return filepath.Join(g.dir, "media") }

// start returns when the gateway listens.
func (g *gateway) start() error {
	args := []string{"--listen", g.addr, "--metrics", g.metrics}
	if g.cluster != nil {
		args = append(args, "--nats", strings.Join(g.cluster.URLs(), ","), "--replicas", strconv.Itoa(cluster.Size), "--media", g.media())
	} else {
		args = append(args, "--data", filepath.Join(g.dir, "data"))
	}
	cmd := exec.Command(g.program(), args...)
	cmd.Env = append(os.Environ(), fmt.Sprintf("GOGC=%d", gatewayGC))
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	g.process = cmd
	started := make(chan start, 1)
	go watch(stderr, started)
	s := <-started
	if s.addr == "" || s.metrics == "" {
		g.kill()
		return fmt.Errorf("the gateway did not start: %s", s.said)
	}
	g.addr, g.metrics = s.addr, s.metrics
	return nil
}

// start is where a gateway listens and has its metrics, or what it said last if it does not.
type start struct{ addr, metrics, said string }

// watch prints the errors among a gateway's log, and tells of its start, or of its end before that.
func watch(stderr io.Reader, started chan<- start) {
	var s start
	defer func() {
		if s.addr == "" {
			started <- s
		}
	}()
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		s.said = lines.Text()
		if m := measuring.FindStringSubmatch(s.said); m != nil {
			s.metrics = m[1]
		}
		if m := listening.FindStringSubmatch(s.said); m != nil {
			s.addr = m[1]
			started <- s
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
		if err := g.killOne(ctx); err != nil && ctx.Err() == nil {
			fmt.Println("kill:", err)
			return
		}
	}
}

// killOne kills the gateway or a NATS server and starts it again. It returns when the
// next kill leaves two servers that have everything.
func (g *gateway) killOne(ctx context.Context) error {
	if g.cluster != nil && rand.IntN(2) == 0 {
		n := rand.IntN(cluster.Size)
		g.cluster.Servers[n].Kill()
		fmt.Println("NATS server: killed")
		if err := g.cluster.Servers[n].Start(); err != nil {
			return err
		}
		return g.cluster.Healthy(ctx)
	}
	g.kill()
	fmt.Println("gateway: killed")
	return g.start()
}

// kill is kill -9.
func (g *gateway) kill() {
	if g.process == nil {
		return
	}
	_ = g.process.Process.Kill()
	_ = g.process.Wait() // "signal: killed"
}

func (g *gateway) stop() {
	g.kill()
	if g.cluster != nil {
		g.cluster.Stop()
	}
	_ = os.RemoveAll(g.dir)
}
