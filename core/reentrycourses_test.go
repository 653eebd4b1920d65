package core

import (
	"fmt"
	"time"

	"rtmwasm/core/wire"
)

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
