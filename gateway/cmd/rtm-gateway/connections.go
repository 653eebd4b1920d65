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
// it may have: those of a page's uploads, downloads and files.
const connectionsPerSocket = 4

// connections is a listener that closes at once what is too much: what waits in the
// process costs memory, and files that the engine needs to open.
type connections struct {
	net.Listener
	most       int // in all; 0: no bound
	mostOfOne  int // of one public address that is no trusted proxy's
	trusted    []netip.Prefix
	log        *slog.Logger
	mu         sync.Mutex // guards the rest
	open       int
	by         map[netip.Addr]int
	complained time.Time
}

// boundConnections leaves a quarter of the files that the process may have open to the engine.
func boundConnections(l net.Listener, o boundOptions, log *slog.Logger) *connections {
	return &connections{
		Listener: l, most: maxFiles() / 4 * 3, mostOfOne: connectionsPerSocket * o.perPlace, trusted: o.proxies,
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
			return &connection{Conn: c, leave: sync.OnceFunc(leave)}, nil
		}
		_ = c.Close() // there is nobody to tell
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

// counted is what connections from an address count for, if for anything.
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

// ReadFrom is what net/http looks for to have the system send a file.
func (c *connection) ReadFrom(src io.Reader) (int64, error) { return io.Copy(c.Conn, src) }

// SyscallConn is what the gateway looks for to write without a wait.
func (c *connection) SyscallConn() (syscall.RawConn, error) {
	if system, ok := c.Conn.(syscall.Conn); ok {
		return system.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}

// CloseWrite is what net/http looks for to end a connection whose client still sends.
func (c *connection) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
