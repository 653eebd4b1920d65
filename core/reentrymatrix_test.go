package core

import (
	"fmt"
	"strings"
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
	cells := 0
	for name, course := range courses {
		t.Run(name, func(t *testing.T) {
			lines := playCell(t, course, -1, nil) // without a method: how many callbacks there are
			require.NotEmpty(t, lines)
			for method, call := range methods {
				t.Run(method, func(t *testing.T) {
					for n, line := range lines {
						if !t.Run(fmt.Sprintf("in %d %s", n, line), func(t *testing.T) { playCell(t, course, n, call) }) {
							return // one is enough to see
						}
						cells++
					}
				})
			}
		})
	}
	t.Cleanup(func() { t.Log(cells, "cells") })
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

// busy is a client that has one of everything under way.
func (c *cell) busy() {
	each := c.each
	c.each = nil
	c.answers = true
	c.Login("alice", testToken, c.track("login"))
	c.run(time.Second)
	c.room, c.hall, c.yard = c.Channel("room"), c.Channel("hall"), c.Channel("yard")
	c.room.Join(c.track("join"))
	c.SubscribePeers([]string{"bob", "carol", "dave"}, c.track("subscribe"))
	c.WriteAttributes(&wire.AttributeWrite{Attribute: []*Attribute{{Key: "a", Value: "1"}}}, c.track("write"))
	c.out = c.Invitation("bob", "out")
	c.out.Send()
	accepted := c.Invitation("bob", "accepted")
	accepted.remote, accepted.state = true, InvitationReceived
	for _, id := range []string{"in", "answered"} {
		c.bob(wire.Invitation_OFFER, id)
	}
	for _, uid := range []string{"bob", "carol", "dave"} {
		c.send(&wire.ServerFrame{MemberChange: &wire.MemberChange{Channel: "room", Uid: uid, Joined: true, MemberCount: 3}})
	}
	c.run(6 * time.Second)
	c.answers = false
	c.in = c.Client.calls[callKey("bob", "in", true)]
	c.Client.calls[callKey("bob", "answered", true)].Accept()
	c.Invitation("bob", "ringing").Send()
	c.hall.Join(c.track("join"))
	c.yard.Join(c.track("join"))
	c.yard.Leave(c.track("leave"))
	for range Rates[OpMembers].N + 2 {
		c.room.Members(func(_ []string, err *Error) {})
	}
	for n := range 3 {
		done := c.track("counts")
		c.MemberCounts([]string{fmt.Sprint("c", n)}, func(_ []uint32, err *Error) { done(err) })
	}
	callSend2(c)
	callRenew(c)
	callUpload(c)
	callDownload(c)
	c.run(0)
	c.each = each
}

// courses are what may happen to a client; the ways in which a session ends are all among them.
var courses = map[string]func(c *cell){
	"login refused": func(c *cell) {
		c.refusal = &wire.Refusal{Reason: wire.Refusal_INVALID_TOKEN}
		c.Login("alice", testToken, c.track("login"))
		c.Logout(c.track("logout"))
		c.run(time.Second)
	},
	"login without an answer": func(c *cell) {
		c.deaf = true
		c.Login("alice", testToken, c.track("login"))
		c.Logout(c.track("logout"))
		c.run(LoginTimeout)
	},
	"login without a gateway": func(c *cell) {
		c.Login("alice", testToken, c.track("login"))
		c.drop(1006)
		if s := c.live(); s != nil {
			s.lose(1006)
		}
	},
	"login and logout": func(c *cell) {
		c.Login("alice", testToken, c.track("login"))
		c.Logout(c.track("logout"))
		c.run(time.Second)
	},
	"logout": func(c *cell) {
		c.busy()
		c.Logout(c.track("logout"))
		c.run(time.Second)
	},
	"logout without an answer": func(c *cell) {
		c.busy()
		c.deaf = true
		c.Logout(c.track("logout"))
		c.run(logoutTimeout)
	},
	"logout in a hurry": func(c *cell) {
		c.busy()
		c.LogoutNow()
	},
	"kicked": func(c *cell) {
		c.busy()
		c.drop(wire.CloseRemoteLogin)
		c.run(time.Second)
	},
	"banned": func(c *cell) {
		c.busy()
		c.drop(wire.CloseBanned)
		c.run(time.Second)
		c.Logout(c.track("logout"))
	},
	"connection lost and back": func(c *cell) {
		c.busy()
		c.drop(1006)
		callSend2(c)
		c.run(2 * time.Second)
	},
	"session lost": func(c *cell) {
		c.busy()
		c.answers, c.fresh = true, true
		c.drop(wire.CloseRestart)
		c.run(2*time.Second + SessionTimeout)
	},
	"gateway gone": func(c *cell) {
		c.busy()
		c.drop(1006)
		c.deaf = true
		callSend2(c)
		c.run(70 * time.Second)
	},
	"token refused": func(c *cell) {
		c.busy()
		c.run(RenewTimeout)
		c.refusal = &wire.Refusal{Reason: wire.Refusal_TOKEN_EXPIRED}
		c.drop(1006)
		c.run(6 * time.Second)
		c.refusal = nil
		callRenew(c)
		c.run(6 * time.Second)
	},
	"displaced": func(c *cell) {
		c.busy()
		c.refusal = &wire.Refusal{Reason: wire.Refusal_DISPLACED}
		c.drop(1006)
		c.run(6 * time.Second)
	},
	"no answers": func(c *cell) {
		c.busy()
		c.run(70 * time.Second)
	},
	"answers": func(c *cell) {
		c.busy()
		c.answers = true
		if s := c.live(); s != nil { // what was not answered yet
			for _, r := range c.unanswered() {
				if c.live() != s || c.pending[r.frame.Id] != r {
					break
				}
				if reply := c.reply(s, r.frame); reply != nil {
					s.receive(reply)
				}
			}
		}
		for _, r := range c.host.outstanding() {
			if !r.over {
				r.progress(2)
			}
		}
		c.run(3 * time.Second)
	},
	"traffic": func(c *cell) {
		c.busy()
		c.send(delivery("bob", "", "to you"))
		c.send(delivery("bob", "room", "to all"))
		for _, f := range []*wire.MemberChange{
			{Uid: "erin", Joined: true, MemberCount: 4}, {Uid: "bob", MemberCount: 3}, {MemberCount: 600},
		} {
			f.Channel = "room"
			c.send(&wire.ServerFrame{MemberChange: f})
		}
		c.send(&wire.ServerFrame{Attributes: &wire.AttributeList{Channel: "room", Attribute: []*Attribute{{Key: "k", Value: "v"}}}})
		c.send(presenceOf("bob=OFFLINE", "carol=UNREACHABLE", "dave=OFFLINE"))
		c.send(&wire.ServerFrame{TokenExpiring: &wire.TokenExpiring{}})
		c.bob(wire.Invitation_OFFER, "new")
		c.bob(wire.Invitation_CONFIRM, "answered")
		c.bob(wire.Invitation_CANCEL, "in")
		c.bob(wire.Invitation_ACCEPT, "ringing")
		c.bob(wire.Invitation_REFUSE, "out")
		c.run(4 * time.Second)
	},
}

func callSend2(c *cell) {
	done := c.track("send")
	c.SendToPeer("bob", textMessage("x"), false, func(_ bool, err *Error) { done(err) })
}

func callRenew(c *cell) { c.RenewToken("newer", c.track("renew")) }

func callUpload(c *cell) {
	done := c.track("upload")
	c.task = c.Upload(c.blob(10), UploadParams{}, c.shown("upload"), func(_ *Uploaded, err *Error) { done(err) })
}

func callDownload(c *cell) {
	done := c.track("download")
	c.Download(MediaID(testKey, 10, false, 0, 0), c.shown("download"), func(_ Blob, err *Error) { done(err) })
}

func callLogin(c *cell) { c.Login("alice", testToken, c.track("login")) }

// orNew is a channel or invitation of the course, or another one where the course has none.
func orNew(ch *Channel, c *cell) *Channel {
	if ch == nil {
		return c.Channel("other")
	}
	return ch
}

// methods are all that an application can call.
var methods = map[string]func(c *cell){
	"login":      callLogin,
	"logout":     func(c *cell) { c.Logout(c.track("logout")) },
	"logoutSync": func(c *cell) { c.LogoutNow() },
	"logoutSync, login": func(c *cell) {
		c.LogoutNow()
		callLogin(c)
	},
	"logout, login": func(c *cell) {
		c.Logout(c.track("logout"))
		callLogin(c)
	},
	"logout, logoutSync, login": func(c *cell) {
		c.Logout(c.track("logout"))
		c.LogoutNow()
		callLogin(c)
	},
	"renewToken": callRenew,
	"wake":       func(c *cell) { c.Wake() },

	"join":          func(c *cell) { c.Channel("new").Join(c.track("join")) },
	"join, leave":   func(c *cell) { ch := c.Channel("new"); ch.Join(c.track("join")); ch.Leave(c.track("leave")) },
	"join again":    func(c *cell) { orNew(c.room, c).Join(c.track("join")) },
	"leave":         func(c *cell) { orNew(c.room, c).Leave(c.track("leave")) },
	"leave, join":   func(c *cell) { ch := orNew(c.room, c); ch.Leave(c.track("leave")); ch.Join(c.track("join")) },
	"leave joining": func(c *cell) { orNew(c.hall, c).Leave(c.track("leave")) },
	"leave twice":   func(c *cell) { orNew(c.yard, c).Leave(c.track("leave")) },
	"sendMessage":   func(c *cell) { orNew(c.room, c).Send(textMessage("x"), c.track("send")) },
	"getMembers": func(c *cell) {
		done := c.track("members")
		orNew(c.room, c).Members(func(_ []string, err *Error) { done(err) })
	},
	"sendMessageToPeer": callSend2,

	"invite": func(c *cell) { c.Invitation("carol", "late").Send() }, // its events follow where it was sent too late
	"cancel": func(c *cell) {
		if c.out != nil {
			c.out.Cancel()
		}
	},
	"accept": func(c *cell) {
		if c.in != nil {
			c.in.Accept()
		}
	},
	"refuse": func(c *cell) {
		if c.in != nil {
			c.in.Refuse()
		}
	},

	"set attributes": func(c *cell) { c.WriteAttributes(&wire.AttributeWrite{Op: clearOp}, c.track("write")) },
	"get attributes": func(c *cell) {
		done := c.track("read")
		c.ReadAttributes(&wire.AttributeRead{Uid: "bob"}, func(_ []*Attribute, err *Error) { done(err) })
	},
	"query peers": func(c *cell) {
		done := c.track("query")
		c.QueryPeers([]string{"bob"}, func(_ PresenceList, err *Error) { done(err) })
	},
	"subscribe":   func(c *cell) { c.SubscribePeers([]string{"erin"}, c.track("subscribe")) },
	"unsubscribe": func(c *cell) { c.UnsubscribePeers([]string{"bob", "carol", "dave"}, c.track("unsubscribe")) },
	"subscribed":  func(c *cell) { c.SubscribedPeers() },
	"counts": func(c *cell) {
		done := c.track("counts")
		c.MemberCounts([]string{"room"}, func(_ []uint32, err *Error) { done(err) })
	},
	"get media url": func(c *cell) {
		done := c.track("media url")
		c.MediaURL(MediaID(testKey, 10, false, 0, 0), MediaURLOptions{}, func(_ string, err *Error) { done(err) })
	},
	"upload":   callUpload,
	"download": callDownload,
	"cancel upload": func(c *cell) {
		if c.task != nil {
			c.task.Cancel()
		}
	},
}
