package socket

import (
	"bytes"
	"encoding/binary"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"rtmwasm/core"
	"rtmwasm/gateway/rate"
	"rtmwasm/gateway/session"
)

// smallFragment is a payload size in bytes. A smaller fragment that is not the last of its message
// counts as flood. Browsers and proxies send larger fragments.
const smallFragment = 512

// lingerTime is how long a connection stays half open, without being read, after its client broke
// the rules. So the client gets the close frame and not a reset.
const lingerTime = 500 * time.Millisecond

// frameConn is the connection below a WebSocket. It counts the frames that the session does not see
// and so cannot count: the WebSocket library itself answers pings and skips pongs and empty
// fragments.
type frameConn struct {
	net.Conn
	early []byte // bytes that net/http had already read

	scanner frameScanner
	extra   rate.Counter // only used by the goroutine that reads
	closing atomic.Bool  // messages count too, because no session counts them
	stopped atomic.Bool  // no more reading
	ending  atomic.Bool  // Close was called, see lingerTime
	failed  atomic.Bool  // reading or writing failed, except by ErrFlood

	writing sync.Mutex      // held while writing
	system  syscall.RawConn // nil if bytes are changed before they are written, as with TLS
}

func newFrameConn(conn net.Conn, early []byte) *frameConn {
	c := &frameConn{Conn: conn, early: early}
	if plain, ok := conn.(syscall.Conn); ok {
		c.system, _ = plain.SyscallConn()
	}
	return c
}

// Read returns ErrFlood if there are too many frames. After that it returns no data.
func (c *frameConn) Read(p []byte) (n int, err error) {
	if c.stopped.Load() {
		return 0, net.ErrClosed
	}
	if len(c.early) > 0 {
		n = copy(p, c.early)
		c.early = c.early[n:]
	} else {
		n, err = c.Conn.Read(p)
	}
	if err != nil {
		c.failed.Store(true)
	}
	messages, extra := c.scanner.scan(p[:n])
	if c.closing.Load() {
		extra += messages
	}
	if extra > 0 && c.extra.AddN(extra, time.Now(), core.SendRateWindow) > session.MaxFrames {
		c.stopReading()
		return 0, session.ErrFlood
	}
	return n, err
}

// tryWrite writes p if that needs no waiting. It returns false if nothing was written.
func (c *frameConn) tryWrite(p []byte) bool {
	if c.system == nil || !c.writing.TryLock() {
		return false
	}
	n := tryWrite(c.system, p)
	if n == 0 || n == len(p) {
		c.writing.Unlock()
		return n > 0
	}
	rest := bytes.Clone(p[n:])
	go func() { // the next write waits for this one
		defer c.writing.Unlock()
		_, _ = c.write(rest)
	}()
	return true
}

// Write implements net.Conn.
func (c *frameConn) Write(p []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	return c.write(p)
}

func (c *frameConn) write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if err != nil {
		c.failed.Store(true)
	}
	return n, err
}

// stopReading makes every Read fail, including one that waits.
func (c *frameConn) stopReading() {
	c.stopped.Store(true)
	_ = c.Conn.SetReadDeadline(time.Now()) // an error means the connection is gone
}

// Close closes the connection. After stopReading it sends FIN, and closes the connection lingerTime
// later. Closing at once would reset the connection if unread bytes have arrived, and the client
// would lose the close frame.
func (c *frameConn) Close() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !c.stopped.Load() || !ok {
		return c.Conn.Close()
	}
	if c.ending.Swap(true) {
		return nil
	}
	time.AfterFunc(lingerTime, func() { _ = c.Conn.Close() })
	return half.CloseWrite()
}

// frameScanner finds the headers of a client's WebSocket frames (RFC 6455, 5.2) in bytes that come
// in any pieces. It checks nothing, because the WebSocket library does.
type frameScanner struct {
	header [14]byte
	have   int
	skip   uint64 // bytes of payload to come
}

// scan reads the next bytes. It returns how many messages end with the frames that began in them.
// extra is how many of these frames no message needs: control frames and small fragments.
func (s *frameScanner) scan(p []byte) (messages, extra int) {
	for len(p) > 0 {
		if s.skip > 0 {
			n := min(s.skip, uint64(len(p)))
			p, s.skip = p[n:], s.skip-n
			continue
		}
		n := copy(s.header[s.have:s.need()], p)
		p, s.have = p[n:], s.have+n
		if s.have < s.need() {
			continue
		}
		s.skip, s.have = s.length(), 0
		switch control, last := s.header[0]&8 != 0, s.header[0]&0x80 != 0; {
		case control, !last && s.skip < smallFragment:
			extra++
		case last:
			messages++
		}
	}
	return messages, extra
}

// need returns how long the header is, as far as is known yet.
func (s *frameScanner) need() int {
	if s.have < 2 {
		return 2
	}
	n := 2
	switch s.header[1] & 0x7f {
	case 126:
		n += 2
	case 127:
		n += 8
	}
	if s.header[1]&0x80 != 0 {
		n += 4
	}
	return n
}

// length returns the length of the payload.
func (s *frameScanner) length() uint64 {
	switch n := s.header[1] & 0x7f; n {
	case 126:
		return uint64(binary.BigEndian.Uint16(s.header[2:]))
	case 127:
		return binary.BigEndian.Uint64(s.header[2:])
	default:
		return uint64(n)
	}
}
