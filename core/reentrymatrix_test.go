package core

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
)

// TestReentry calls every method inside every callback: each line that a course of events notes, be it an
// event or the outcome of a method, is one cell for each method. After each cell everything
// is settled once, nothing is left, and the client can log in and out.
func TestReentry(t *testing.T) {
	var cells atomic.Int64
	for name, course := range courses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines := playCell(t, course, -1, nil) // without a method: how many callbacks there are
			require.NotEmpty(t, lines)
			for method, call := range methods {
				t.Run(method, func(t *testing.T) {
					for n, line := range lines {
						if !t.Run(fmt.Sprintf("in %d %s", n, line), func(t *testing.T) { playCell(t, course, n, call) }) {
							return // one is enough to see
						}
						cells.Add(1)
					}
				})
			}
		})
	}
	t.Cleanup(func() { t.Log(cells.Load(), "cells") })
}

// outcomePrefix begins the lines that are outcomes of methods, not events.
const outcomePrefix = "~"

// cell is one client and its gateway, which answers by itself.
type cell struct {
	*world
	open  map[string]bool // methods that were called and not settled
	calls int

	seq      uint64
	pinged   time.Time
	sessions int
	opened   map[*testSocket]bool
	answers  bool          // requests are answered
	fresh    bool          // sessions are not resumed
	refusal  *wire.Refusal // of the next Hello
	deaf     bool          // sockets do not open

	room, hall, yard *Channel
	out, in          *Invitation
	task             *Task
}

// playCell plays a course of events and calls the method in the nth callback. It returns the lines of the course.
func playCell(t *testing.T, course func(c *cell), n int, method func(c *cell)) (lines []string) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, host: &testHost{t: t}, on: map[string]func(){}}
		w.Client = New(testApp, "https://gw.example/", w.host, w)
		c := &cell{world: w, open: map[string]bool{}, opened: map[*testSocket]bool{}}
		out := false // a logout has ended, and no login has begun
		c.each = func(line string) {
			out = out && line != "CONNECTING LOGIN"
			isEvent := !strings.HasPrefix(line, outcomePrefix) && !strings.HasPrefix(line, "late ")
			require.False(t, out && isEvent, "%q is told after the logout", line)
			out = out || line == "DISCONNECTED LOGOUT"
			if lines = append(lines, line); len(lines)-1 == n {
				method(c)
			}
		}
		course(c)
		c.each = nil
		c.finish()
	})
	return lines
}

// finish requires that everything comes to its end.
func (c *cell) finish() {
	t := c.t
	c.answers, c.fresh, c.deaf, c.refusal = true, false, false, nil
	c.run(10 * time.Second)
	c.refuseMedia()
	c.run(150 * time.Second)
	require.Empty(t, c.open, "not settled")

	if c.State() != Disconnected {
		c.Logout(c.track("last logout"))
		c.run(10 * time.Second)
	}
	require.Equal(t, Disconnected, c.State())
	c.Login("alice", testToken, c.track("last login"))
	c.run(time.Second)
	require.Equal(t, Connected, c.State())
	c.Channel("room").Join(c.track("last join"))
	c.run(time.Second)
	require.Len(t, c.channels, 1)
	require.Nil(t, c.LogoutNow())
	require.Equal(t, Disconnected, c.State())
	require.Empty(t, c.open, "not settled")

	c.refuseMedia() // a creation is not aborted: its answer says what is to be removed
	c.run(SessionTimeout)
	require.Nil(t, c.host.nextTimer(), "a timer is left")
	for _, r := range c.host.outstanding() {
		require.Fail(t, "a request is left", r.Method+" "+r.URL)
	}
	require.Empty(t, c.queue)
	require.Zero(t, c.entered)
	require.Zero(t, c.nested)
	require.Empty(t, c.pending)
	require.Empty(t, c.waiting)
	require.Empty(t, c.reads)
	require.Empty(t, c.channels)
	require.Empty(t, c.Client.calls)
	require.Empty(t, c.peers)
	require.Empty(t, c.tasks)
	for _, s := range c.host.sockets {
		require.True(t, s.closed, "a socket is left")
	}
}

// refuseMedia answers all HTTP requests.
func (c *cell) refuseMedia() {
	for _, r := range c.host.outstanding() {
		r.answer(404, headers{}, nil)
	}
}

// track is a function for a method's outcome, which must come once.
func (c *cell) track(name string) func(*Error) {
	c.calls++
	name = fmt.Sprintf("%s %d", name, c.calls)
	c.open[name] = true
	return func(err *Error) {
		require.True(c.t, c.open[name], "%s is settled twice", name)
		delete(c.open, name)
		c.note(outcomePrefix + name + ": " + outcome(err))
	}
}

// run lets time pass while the gateway does its part.
func (c *cell) run(d time.Duration) {
	step := 500 * time.Millisecond
	if d > 5*time.Second {
		step = 2 * time.Second
	}
	for ; d >= 0; d -= step {
		c.serve()
		c.host.pass(min(d, step))
	}
	c.serve()
}

// live is the socket in use, nil if there is none.
func (c *cell) live() *testSocket {
	if n := len(c.host.sockets); n > 0 && !c.host.sockets[n-1].closed {
		return c.host.sockets[n-1]
	}
	return nil
}

// serve reads what the client sent.
func (c *cell) serve() {
	s := c.live()
	if s == nil || c.deaf {
		return
	}
	if !c.opened[s] {
		c.opened[s] = true
		s.l.Opened()
	}
	for len(s.frames) > 0 && !s.closed {
		f := s.frames[0]
		s.frames = s.frames[1:]
		if reply := c.reply(s, f); reply != nil && !s.closed {
			s.receive(reply)
		}
	}
	if !s.closed && time.Since(c.pinged) >= 2*time.Second {
		c.pinged = time.Now()
		s.receive(&wire.ServerFrame{Ping: &wire.Ping{}})
	}
}

func (c *cell) reply(s *testSocket, f *wire.ClientFrame) *wire.ServerFrame {
	switch {
	case f.Hello != nil && c.refusal != nil:
		refusal := c.refusal
		return &wire.ServerFrame{Refusal: refusal}
	case f.Hello != nil:
		resumed := f.Hello.Resume != nil && !c.fresh
		if !resumed {
			c.sessions++
			c.seq = 0
		}
		return &wire.ServerFrame{Welcome: &wire.Welcome{SessionId: fmt.Sprint("s", c.sessions), Credential: "x", Resumed: resumed, PingIntervalMs: 2500}}
	case f.Bye != nil:
		s.lose(wire.CloseBye)
	case f.Id == 0 || !c.answers:
	case f.Join != nil:
		return &wire.ServerFrame{ReplyTo: f.Id, Joined: &wire.Joined{MemberCount: 3}}
	case f.Send != nil, f.Invitation != nil:
		return &wire.ServerFrame{ReplyTo: f.Id, Sent: &wire.Sent{Received: true}}
	case f.Members != nil:
		return &wire.ServerFrame{ReplyTo: f.Id, MemberList: &wire.MemberList{Uid: []string{"alice"}}}
	case f.Presence != nil:
		list := &wire.PresenceList{}
		for _, uid := range f.Presence.Uid {
			list.Presence = append(list.Presence, &wire.Presence{Uid: uid, State: wire.Presence_ONLINE})
		}
		return &wire.ServerFrame{ReplyTo: f.Id, Presence: list}
	case f.Counts != nil:
		return &wire.ServerFrame{ReplyTo: f.Id, Counts: &wire.CountList{Count: make([]uint32, len(f.Counts.Channel))}}
	case f.MediaUrl != nil:
		return &wire.ServerFrame{ReplyTo: f.Id, MediaPath: "/media/" + testKey}
	default:
		return &wire.ServerFrame{ReplyTo: f.Id}
	}
	return nil
}

// send has the gateway push a frame, if a session is up.
func (c *cell) send(f *wire.ServerFrame) {
	if s := c.live(); s != nil && c.opened[s] && c.conn != nil && c.conn.welcomed {
		c.seq++
		f.Seq = c.seq
		s.receive(f)
	}
}

// drop ends the socket, if there is one.
func (c *cell) drop(code int) {
	if s := c.live(); s != nil && c.opened[s] {
		s.lose(code)
	}
}

func (c *cell) bob(kind wire.Invitation_Kind, id string) {
	c.send(&wire.ServerFrame{Invitation: &wire.Invitation{Kind: kind, Peer: "bob", CallId: id, Text: "come"}})
}
