package main

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"

	"rtmwasm/gateway"
)

// connectionsPerSocket is how many connections an address may have for each WebSocket that
// it may have: a page also needs connections for uploads, downloads and its own files.
const connectionsPerSocket = 4

// connections is a listener that accepts a limited number of connections, and closes further
// ones at once. Each open connection costs memory, and a file descriptor that the engine may need.
type connections struct {
	net.Listener
	most       int // of all addresses together; 0 means no limit
	mostOfOne  int // of one public address, unless it is a trusted proxy
	trusted    []netip.Prefix
	log        *slog.Logger
	mu         sync.Mutex // guards the rest
	open       int
	by         map[netip.Addr]int
	complained time.Time
}

// boundConnections limits the connections of l. It leaves a quarter of the process's file
// descriptors to the engine.
func boundConnections(l net.Listener, o boundOptions, log *slog.Logger) *connections {
	return &connections{
		Listener: l, most: maxFiles() / 4 * 3, mostOfOne: connectionsPerSocket * o.perAddress, trusted: o.proxies,
		log: log, by: map[netip.Addr]int{},
	}
}

// Accept implements net.Listener.
func (l *connections) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		leave, ok := l.enter(c.RemoteAddr())
		if ok {
			accepted := &connection{Conn: c, leave: sync.OnceFunc(leave)}
			limitUnsent(accepted)
			return accepted, nil
		}
		_ = c.Close() // an error changes nothing
	}
}

func (l *connections) enter(from net.Addr) (leave func(), ok bool) {
	address, counted := l.counted(from)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.most > 0 && l.open >= l.most || counted && l.by[address] >= l.mostOfOne {
		if time.Since(l.complained) > time.Minute {
			l.complained = time.Now()
			l.log.Warn("new connections are closed at once: there are too many", "open", l.open, "limit", l.most, "address", from, "from it", l.by[address], "its limit", l.mostOfOne)
		}
		return nil, false
	}
	l.open++
	if counted {
		l.by[address]++
	}
	return func() { l.left(address, counted) }, true
}

func (l *connections) left(address netip.Addr, counted bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if !counted {
		return
	}
	if l.by[address]--; l.by[address] == 0 {
		delete(l.by, address)
	}
}

// counted returns the network whose limit a connection counts against. ok is false if it counts
// against no such limit.
func (l *connections) counted(from net.Addr) (netip.Addr, bool) {
	tcp, ok := from.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}, false
	}
	address := tcp.AddrPort().Addr().Unmap()
	proxy := slices.ContainsFunc(l.trusted, func(p netip.Prefix) bool { return p.Contains(address) })
	return gateway.Network(address), !proxy && gateway.Public(address)
}

// connection tells its listener when it is closed.
type connection struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (c *connection) Close() error {
	c.leave()
	return c.Conn.Close()
}

// ReadFrom implements io.ReaderFrom: net/http uses it to let the kernel send a file.
func (c *connection) ReadFrom(src io.Reader) (int64, error) { return io.Copy(c.Conn, src) }

// SyscallConn implements syscall.Conn: the gateway uses it to write without blocking, and to limit
// what the kernel holds.
func (c *connection) SyscallConn() (syscall.RawConn, error) {
	if system, ok := c.Conn.(syscall.Conn); ok {
		return system.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}

// CloseWrite lets net/http end a connection whose client is still sending.
func (c *connection) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
