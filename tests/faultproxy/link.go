package faultproxy

import (
	"io"
	"net"
	"slices"
	"sync"
	"time"
)

// link is one connection of a client, and the one to the gateway that serves it.
type link struct {
	p      *Proxy
	client *net.TCPConn
	class  Class
	n      int
	ended  chan struct{} // closed by end
	endOne sync.Once

	mu      sync.Mutex   // guards the rest
	gateway *net.TCPConn // nil until dialled
	until   time.Time    // the end of a stall
	mute    [2]bool      // by Direction: what comes is dropped
	repeats bool         // a Repeat is to come
	said    []byte       // by the client, while repeats
}

func newLink(p *Proxy, client *net.TCPConn) *link {
	return &link{p: p, client: client, ended: make(chan struct{})}
}

// lastWords is how long a side that got FIN may go on talking.
const lastWords = 2 * time.Second

// prefixBytes is how much of a connection tells its class.
const prefixBytes = len("GET /rtm")

// refusal is the whole answer to a refused request.
const refusal = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

// run serves the connection to its end.
func (l *link) run() {
	prefix := make([]byte, prefixBytes)
	if _, err := io.ReadFull(l.client, prefix); err != nil {
		return
	}
	l.class = Media
	if string(prefix) == "GET /rtm" {
		l.class = Socket
	}
	n, faults, target, refused := l.p.plan(l.class)
	l.n = n
	if refused {
		_, _ = io.WriteString(l.client, refusal)
		finish(l.client)
		return
	}
	l.repeats = slices.ContainsFunc(faults, func(f Fault) bool { return f.Kind == Repeat })
	if !l.dial(target) {
		reset(l.client) // as the system does where nobody listens
		return
	}
	var both sync.WaitGroup
	both.Go(func() { l.pump(Up, l.client, l.gateway, prefix, faults) })
	both.Go(func() { l.pump(Down, l.gateway, l.client, nil, faults) })
	both.Wait()
}

func (l *link) dial(target string) bool {
	conn, err := net.Dial("tcp", target)
	if err != nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gateway = conn.(*net.TCPConn)
	select {
	case <-l.ended:
		_ = conn.Close()
		return false
	default:
		return true
	}
}

// end closes both sides, if nothing did so before.
func (l *link) end() {
	l.endOne.Do(func() { close(l.ended) })
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.client.Close()
	if l.gateway != nil {
		_ = l.gateway.Close()
	}
}

// pump forwards one direction. head was read from src already.
func (l *link) pump(way Direction, src, dst *net.TCPConn, head []byte, faults []Fault) {
	mine := faultsOf(way, faults)
	buf := make([]byte, 64<<10)
	passed, delay := int64(0), time.Duration(0)
	for {
		for len(mine) > 0 && mine[0].After <= passed {
			f := mine[0]
			mine = mine[1:]
			l.p.did(l, f)
			if f.Kind == Delay {
				delay = f.For
			} else if !l.happen(f) {
				return
			}
		}
		most := int64(len(buf))
		if len(mine) > 0 {
			most = min(most, mine[0].After-passed)
		}
		n, err := l.read(src, buf[:most], &head)
		l.hold(delay)
		if n > 0 && !l.write(way, dst, buf[:n]) {
			l.end()
			return
		}
		passed += int64(n)
		if err != nil {
			if !l.muted(way) {
				_ = dst.CloseWrite() // the other direction may go on
			}
			return
		}
	}
}

func faultsOf(way Direction, faults []Fault) (out []Fault) {
	for _, f := range faults {
		if f.Way == way {
			out = append(out, f)
		}
	}
	return out
}

func (l *link) read(src net.Conn, p []byte, head *[]byte) (int, error) {
	if len(*head) > 0 {
		n := copy(p, *head)
		*head = (*head)[n:]
		return n, nil
	}
	return src.Read(p)
}

func (l *link) write(way Direction, dst net.Conn, p []byte) bool {
	if l.muted(way) {
		return true
	}
	if way == Up {
		l.note(p)
	}
	_, err := dst.Write(p)
	return err == nil
}

// note keeps what the client says as long as it may have to be said again.
func (l *link) note(p []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.repeats {
		l.said = append(l.said, p...)
	}
}

// repeat delivers what the client has said once more.
func (l *link) repeat() {
	l.mu.Lock()
	said, addr := l.said, l.gateway.RemoteAddr().String()
	l.repeats, l.said = false, nil
	l.mu.Unlock()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(lastWords))
	if _, err := conn.Write(said); err == nil {
		_, _ = io.Copy(io.Discard, conn)
	}
}

func (l *link) muted(way Direction) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mute[way]
}

func (l *link) drop(ways ...Direction) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, way := range ways {
		l.mute[way] = true
	}
}

// hold waits for the delay, and for the end of a stall.
func (l *link) hold(delay time.Duration) {
	l.mu.Lock()
	wait := max(delay, time.Until(l.until))
	l.mu.Unlock()
	if wait > 0 {
		l.sleep(wait)
	}
}

func (l *link) sleep(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.ended:
	}
}

// happen does what a fault is; false when its direction is over.
func (l *link) happen(f Fault) bool {
	switch f.Kind {
	case Stall:
		l.mu.Lock()
		l.until = time.Now().Add(f.For)
		l.mu.Unlock()
		l.sleep(f.For)
		return true
	case Repeat:
		l.p.running.Go(l.repeat)
		return true
	case Truncate:
		l.drop(Down)
		_ = l.client.CloseWrite()
		return true
	case Reset:
		l.drop(Up, Down)
		reset(l.client)
		reset(l.gateway)
	case Cut:
		l.drop(Up, Down)
		var both sync.WaitGroup
		both.Go(func() { finish(l.client) })
		both.Go(func() { finish(l.gateway) })
		both.Wait()
	case Strand:
		l.drop(Up, Down)
		wait := time.Now().Add(f.For)
		finish(l.client)
		l.sleep(time.Until(wait))
		finish(l.gateway)
	}
	l.end()
	return false
}

// finish sends FIN and takes what the other side still says: closing at once would
// make it RST.
func finish(conn *net.TCPConn) {
	_ = conn.CloseWrite()
	_ = conn.SetReadDeadline(time.Now().Add(lastWords))
	_, _ = io.Copy(io.Discard, conn)
	_ = conn.Close()
}

// reset sends RST.
func reset(conn *net.TCPConn) {
	_ = conn.SetLinger(0)
	_ = conn.Close()
}
