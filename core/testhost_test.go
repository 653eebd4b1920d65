package core

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
)

// testHost is the surroundings of a client under test, played by the test itself: it
// records what the client sends and lets the test say what comes back. Everything runs
// in the test's goroutine, timers included, in the virtual time of a synctest bubble.
type testHost struct {
	t        *testing.T
	timers   []*testTimer // in the order in which they were set
	sockets  []*testSocket
	requests []*testRequest
}

var _ Host = (*testHost)(nil)

type testTimer struct {
	at time.Time
	f  func() // nil: stopped or over
}

// AfterFunc implements Host.
func (h *testHost) AfterFunc(d time.Duration, f func()) (stop func()) {
	timer := &testTimer{at: time.Now().Add(max(d, 0)), f: f}
	h.timers = append(h.timers, timer)
	return func() { timer.f = nil }
}

// pass lets virtual time go by and calls the timers that become due, those of one
// moment in the order in which they were set.
func (h *testHost) pass(d time.Duration) {
	end := time.Now().Add(d)
	for {
		timer := h.nextTimer()
		if timer == nil || timer.at.After(end) {
			break
		}
		time.Sleep(time.Until(timer.at)) // moves the bubble's clock
		f := timer.f
		timer.f = nil
		f()
	}
	time.Sleep(time.Until(end))
}

// settle runs what is due now: what was put off with AfterFunc(0), and Blob reads.
func (h *testHost) settle() { h.pass(0) }

func (h *testHost) nextTimer() *testTimer {
	live := h.timers[:0]
	for _, timer := range h.timers {
		if timer.f != nil {
			live = append(live, timer)
		}
	}
	h.timers = live
	slices.SortStableFunc(h.timers, func(a, b *testTimer) int { return a.at.Compare(b.at) })
	if len(h.timers) == 0 {
		return nil
	}
	return h.timers[0]
}

// Dial implements Host.
func (h *testHost) Dial(url string, l SocketListener) Socket {
	s := &testSocket{t: h.t, url: url, l: l}
	h.sockets = append(h.sockets, s)
	return s
}

// socket is the one dialled last; it must be in use.
func (h *testHost) socket() *testSocket {
	if len(h.sockets) == 0 {
		require.FailNow(h.t, "nothing was dialled")
	}
	s := h.sockets[len(h.sockets)-1]
	s.mustBeOpen("the last socket is closed")
	return s
}

// Join implements Host.
func (h *testHost) Join(parts []Blob, mime string) Blob {
	whole := &testBlob{h: h, mime: mime}
	for _, part := range parts {
		whole.b = append(whole.b, part.(*testBlob).b...)
	}
	return whole
}

// NewBlob implements Host.
func (h *testHost) NewBlob(b []byte) Blob { return &testBlob{h: h, b: b} }

// testSocket records the client's frames; the test plays the gateway's end.
type testSocket struct {
	t      *testing.T
	url    string
	l      SocketListener
	frames []*wire.ClientFrame
	closed bool
	sent   func() // is called after each frame, if set
}

// Send implements Socket.
func (s *testSocket) Send(frame []byte) {
	s.mustBeOpen("sent into a closed socket")
	f := &wire.ClientFrame{}
	if err := f.UnmarshalVT(frame); err != nil {
		require.FailNow(s.t, err.Error())
	}
	s.frames = append(s.frames, f)
	if s.sent != nil {
		s.sent()
	}
}

// mustBeOpen fails the test if the socket is closed. It is called for each frame, so it calls nothing of
// testing before there is an error: finding the caller for Helper takes longer than the client's own work.
func (s *testSocket) mustBeOpen(otherwise string) {
	if s.closed {
		require.FailNow(s.t, otherwise)
	}
}

// Close implements Socket.
func (s *testSocket) Close() { s.closed = true }

// receive has the gateway send a frame.
func (s *testSocket) receive(f *wire.ServerFrame) {
	b, err := f.MarshalVT()
	if err != nil {
		require.FailNow(s.t, err.Error())
	}
	s.receiveBytes(b)
}

func (s *testSocket) receiveBytes(b []byte) {
	s.mustBeOpen("a closed socket hears nothing")
	s.l.Received(b)
}

// lose ends the socket from outside: with the gateway's close code, or 1006.
func (s *testSocket) lose(code int) {
	s.mustBeOpen("a closed socket can't be lost")
	s.closed = true
	s.l.Closed(code, "")
}

// taken is what the client sent since the last call, in short (see describe).
func (s *testSocket) taken() []string {
	var out []string
	for _, f := range s.frames {
		out = append(out, describe(f))
	}
	s.frames = nil
	return out
}
