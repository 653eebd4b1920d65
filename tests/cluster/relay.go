package cluster

import (
	"fmt"
	"io"
	"net"
	"sync"
)

// Relay forwards TCP connections, as the cable of a network or a balancer without
// stickiness does. It is safe for concurrent use.
type Relay struct {
	listener net.Listener
	running  sync.WaitGroup

	mu     sync.Mutex // guards the rest
	target string
	parted bool
	open   map[net.Conn]bool
}

// NewRelay listens on a free port of 127.0.0.1 and forwards to target, a host:port.
func NewRelay(target string) (*Relay, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("cluster: relay: %w", err)
	}
	r := &Relay{listener: listener, target: target, open: map[net.Conn]bool{}}
	r.running.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			r.running.Go(func() { r.forward(c) })
		}
	})
	return r, nil
}

// Addr is the host:port to connect to.
func (r *Relay) Addr() string { return r.listener.Addr().String() }

// Turn forwards later connections to another address.
func (r *Relay) Turn(target string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.target = target
}

// Cut ends all connections.
func (r *Relay) Cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.open {
		_ = c.Close()
	}
}

// Part ends all connections and lets no others through until Heal.
func (r *Relay) Part() {
	r.mu.Lock()
	r.parted = true
	r.mu.Unlock()
	r.Cut()
}

// Heal undoes Part.
func (r *Relay) Heal() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.parted = false
}

// Close ends all connections and returns when nothing of the relay is left.
func (r *Relay) Close() {
	_ = r.listener.Close()
	r.Part()
	r.running.Wait()
}

func (r *Relay) forward(client net.Conn) {
	defer client.Close()
	r.mu.Lock()
	target, parted := r.target, r.parted
	r.mu.Unlock()
	if parted {
		return
	}
	server, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer server.Close()
	if !r.add(client, server) {
		return
	}
	defer r.remove(client, server)
	var up sync.WaitGroup
	up.Go(func() { copyAndClose(server, client) })
	copyAndClose(client, server)
	up.Wait()
}

func copyAndClose(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	_ = to.Close()
}

func (r *Relay) add(conns ...net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range conns {
		r.open[c] = true
	}
	return !r.parted
}

func (r *Relay) remove(conns ...net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range conns {
		delete(r.open, c)
	}
}
