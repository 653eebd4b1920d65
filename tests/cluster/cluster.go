// Package cluster runs a NATS cluster with JetStream for tests: three servers, each a
// process of its own that can be killed and started again.
package cluster

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Size is how many servers a cluster has.
const Size = 3

// Cluster is a running cluster.
type Cluster struct {
	Servers [Size]*Server
	Dir     string // where their data is

	options Options
	cables  map[[2]int]*Relay // from server to server, where they can be parted
}

// Options say what a cluster is to be like. The zero value is a cluster as NATS sets it up.
type Options struct {
	// Config is a file with more configuration of each server; "" means none.
	Config string

	// Client is what a client of such servers needs to connect.
	Client []nats.Option

	// Cables lets servers be parted from each other. A client then knows of those servers
	// only that it is told of.
	Cables bool
}

// Server is one server of a cluster.
type Server struct {
	URL string // for clients

	name, dir, program string
	port, monitor      string // of clients, of HTTP
	cluster, routes    string // its own route, and those of others
	more               []string
	process            *exec.Cmd
}

// Build compiles nats-server, of the version that this module requires, into dir.
func Build(ctx context.Context, dir string) (program string, err error) {
	program = filepath.Join(dir, "nats-server")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", program, "github.com/nats-io/nats-server/v2")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as the gateway, which has most of its packages
	out, err := build.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("cluster: build nats-server: %w\n%s", err, out)
	}
	return program, nil
}

// Start runs a cluster on free ports of this machine, its data in dir, and waits until
// JetStream has a leader.
func Start(ctx context.Context, program, dir string, options Options) (*Cluster, error) {
	ports, err := FreePorts(3 * Size)
	if err != nil {
		return nil, err
	}
	var routes []string
	for i := range Size {
		routes = append(routes, fmt.Sprintf("nats://127.0.0.1:%d", ports[Size+i]))
	}
	c := &Cluster{Dir: dir, options: options, cables: map[[2]int]*Relay{}}
	for i := range Size {
		toOthers, more, err := c.lay(i, routes)
		if err != nil {
			c.Stop()
			return nil, err
		}
		name := fmt.Sprintf("n%d", i+1)
		c.Servers[i] = &Server{
			URL:     fmt.Sprintf("nats://127.0.0.1:%d", ports[i]),
			name:    name,
			dir:     filepath.Join(dir, name),
			port:    strconv.Itoa(ports[i]),
			monitor: strconv.Itoa(ports[2*Size+i]),
			cluster: routes[i],
			routes:  strings.Join(toOthers, ","),
			more:    more,
			program: program,
		}
		if err := c.Servers[i].Start(); err != nil {
			c.Stop()
			return nil, err
		}
	}
	if err := c.Ready(ctx); err != nil {
		c.Stop()
		return nil, err
	}
	return c, nil
}

// lay gives the routes from server n to the others, and the flags that this takes. Cables
// are relays, and nobody hears of an address that goes around them.
func (c *Cluster) lay(n int, routes []string) (toOthers, flags []string, err error) {
	if c.options.Config != "" {
		flags = append(flags, "--config", c.options.Config)
	}
	if !c.options.Cables {
		return routes, flags, nil
	}
	for m, route := range routes {
		if m == n {
			continue
		}
		cable, err := NewRelay(strings.TrimPrefix(route, "nats://"))
		if err != nil {
			return nil, nil, err
		}
		c.cables[[2]int{n, m}] = cable
		toOthers = append(toOthers, "nats://"+cable.Addr())
	}
	return toOthers, append(flags, "--no_advertise", "--cluster_advertise", "127.0.0.1:1"), nil
}

// Part cuts server n off from the others until Heal; its clients keep their connections.
func (c *Cluster) Part(n int) {
	for ends, cable := range c.cables {
		if ends[0] == n || ends[1] == n {
			cable.Part()
		}
	}
}

// Heal undoes Part.
func (c *Cluster) Heal() {
	for _, cable := range c.cables {
		cable.Heal()
	}
}

// URLs are all servers'.
func (c *Cluster) URLs() (urls []string) {
	for _, s := range c.Servers {
		urls = append(urls, s.URL)
	}
	return urls
}

// Ready waits until JetStream answers.
func (c *Cluster) Ready(ctx context.Context) error {
	options := append([]nats.Option{nats.MaxReconnects(-1), nats.ReconnectWait(50 * time.Millisecond), nats.RetryOnFailedConnect(true)}, c.options.Client...)
	nc, err := nats.Connect(strings.Join(c.URLs(), ","), options...)
	if err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	for limit := time.Second; ; limit = min(2*limit, 15*time.Second) { // a busy machine may need longer than one
		ask, cancel := context.WithTimeout(ctx, limit) // a question without a leader is not answered
		_, err := js.AccountInfo(ask)
		cancel()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("cluster: JetStream is not ready: %w", err)
		}
	}
}

// Healthy waits until every server has caught up with all streams: then the loss of any
// one loses nothing.
func (c *Cluster) Healthy(ctx context.Context) error {
	for _, s := range c.Servers {
		for !s.healthy(ctx) {
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
				return fmt.Errorf("cluster: %s is not healthy: %w", s.name, ctx.Err())
			}
		}
	}
	return nil
}

func (s *Server) healthy(ctx context.Context) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:"+s.monitor+"/healthz", nil)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// Stop ends all servers.
func (c *Cluster) Stop() {
	for _, s := range c.Servers {
		if s != nil {
			s.Kill()
		}
	}
	for _, cable := range c.cables {
		cable.Close()
	}
}

// Start runs the server on the data that it has.
func (s *Server) Start() error {
	log, err := os.OpenFile(s.dir+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	defer log.Close()
	args := append([]string{"--name", s.name, "--addr", "127.0.0.1", "--port", s.port, "--http_port", s.monitor,
		"--jetstream", "--store_dir", s.dir, "--cluster_name", "rtm", "--cluster", s.cluster}, s.more...)
	if s.routes != "" {
		args = append(args, "--routes", s.routes)
	}
	s.process = exec.Command(s.program, args...)
	s.process.Stdout, s.process.Stderr = log, log
	if err := s.process.Start(); err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	return nil
}

// Kill is kill -9; doing it again does nothing.
func (s *Server) Kill() {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Kill()
	_ = s.process.Wait()
	s.process = nil
}
