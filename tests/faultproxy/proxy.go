// Package faultproxy is a bad network: a TCP proxy that delays, stalls, cuts, resets
// and truncates connections, delivers requests twice, and answers some media requests with 503, as its Schedule
// says. It never alters a byte that it forwards.
//
//	proxy, err := faultproxy.Start("127.0.0.1:8080", faultproxy.Random{Seed: 7})
//	…
//	proxy.Close()
//
// What it does depends on the schedule and the order in which connections say their
// first bytes, and on nothing else.
package faultproxy

import (
	"fmt"
	"net"
	"sync"
	"time"
)

// Proxy listens on a free port of 127.0.0.1. It is safe for concurrent use.
type Proxy struct {
	listener net.Listener
	schedule Schedule
	began    time.Time
	running  sync.WaitGroup

	mu       sync.Mutex // guards the rest
	target   string
	counts   map[Class]int
	refusals int // media connections still to be answered 503
	log      []Entry
	open     map[*link]bool
	closed   bool
}

// Entry is one thing that a Proxy did.
type Entry struct {
	Class Class
	N     int           // which connection of its class
	At    time.Duration // since Start
	Fault Fault
}

func (e Entry) String() string {
	return fmt.Sprintf("%8.3fs %s %d: %v", e.At.Seconds(), e.Class, e.N, e.Fault)
}

// Start forwards connections to target, a host:port. A nil Schedule has no faults.
func Start(target string, s Schedule) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("faultproxy: %w", err)
	}
	p := &Proxy{
		listener: listener,
		schedule: s,
		began:    time.Now(),
		target:   target,
		counts:   map[Class]int{},
		open:     map[*link]bool{},
	}
	p.running.Go(p.accept)
	return p, nil
}

// Addr is the host:port to connect to.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// SetTarget forwards later connections to another address.
func (p *Proxy) SetTarget(addr string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = addr
}

// Log is what the proxy did so far, in order.
func (p *Proxy) Log() []Entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Entry(nil), p.log...)
}

// Close ends all connections and returns when nothing of the proxy is left.
func (p *Proxy) Close() {
	p.mu.Lock()
	p.closed = true
	_ = p.listener.Close()
	for l := range p.open {
		l.end()
	}
	p.mu.Unlock()
	p.running.Wait()
}

func (p *Proxy) accept() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		l := newLink(p, conn.(*net.TCPConn))
		if !p.add(l) {
			l.end()
			return
		}
		p.running.Go(func() {
			defer p.remove(l)
			l.run()
		})
	}
}

func (p *Proxy) add(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.open[l] = true
	}
	return !p.closed
}

func (p *Proxy) remove(l *link) {
	l.end()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, l)
}

// plan gives a connection its number and faults, and the address to forward it to.
// What comes of a Refuse, here or earlier, is a refused connection without faults.
func (p *Proxy) plan(class Class) (n int, faults []Fault, target string, refused bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n = p.counts[class]
	p.counts[class]++
	if p.schedule != nil {
		faults = p.schedule.Faults(class, n)
	}
	for _, f := range faults {
		if f.Kind == Refuse {
			p.refusals = max(p.refusals, f.Times)
			p.note(class, n, f)
		}
	}
	if class == Media && p.refusals > 0 {
		p.refusals--
		return n, nil, p.target, true
	}
	return n, faults, p.target, false
}

func (p *Proxy) did(l *link, f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note(l.class, l.n, f)
}

// note is did with mu held.
func (p *Proxy) note(class Class, n int, f Fault) {
	p.log = append(p.log, Entry{Class: class, N: n, At: time.Since(p.began), Fault: f})
}
