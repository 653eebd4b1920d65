package core

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"rtmwasm/core/wire"
)

func memberChange(uid string, joined bool, count uint32) *wire.ServerFrame {
	return &wire.ServerFrame{MemberChange: &wire.MemberChange{Channel: "room", Uid: uid, Joined: joined, MemberCount: count}}
}

// Of members who left while the client was away for long the application hears once those
// have had their time to come back.
func TestRollCall(t *testing.T) {
	inSession(t, func(w *world) {
		w.joined("room")
		for i, uid := range []string{"bob", "eve", "mia", "joe"} {
			w.push(uint64(i+1), memberChange(uid, true, uint32(i+2)))
		}
		w.interrupt()
		w.redialled()
		s := w.welcome("s2")
		w.reply(&wire.ServerFrame{Joined: &wire.Joined{MemberCount: 1}})
		w.push(1, memberChange("bob", true, 2))
		w.push(2, memberChange("mia", false, 2))
		w.alive(SessionTimeout - time.Second)
		w.forget()
		s.taken()
		w.alive(time.Second)
		assert.Contains(t, s.taken(), "2 members room")
		w.reply(&wire.ServerFrame{MemberList: &wire.MemberList{Uid: []string{"alice", "joe", "bob"}}})
		assert.Equal(t, []string{"room -eve"}, w.taken(), "bob was heard, mia told, and joe is there")
		w.push(3, memberChange("eve", true, 4))
		assert.Equal(t, []string{"room +eve"}, w.taken())
	})
	inSession(t, func(w *world) {
		w.joined("room")
		w.push(1, memberChange("bob", true, 2))
		w.interrupt()
		w.redialled()
		w.resumed()
		w.host.socket().taken()
		w.alive(2 * SessionTimeout)
		assert.NotContains(t, w.host.socket().taken(), "2 members room", "a session that goes on missed nobody")
	})
}

// At another gateway the client hears at once who came and left meanwhile, if its session goes on
// for others; else those who are missing have their time to come back.
func TestMembersAtAnotherGateway(t *testing.T) {
	for name, c := range map[string]struct {
		continues bool
		listed    []string
		want      []string
	}{
		"nothing changed":   {true, []string{"alice", "bob", "eve", "mia"}, nil},
		"came and left":     {true, []string{"joe", "alice", "bob", "eve"}, []string{"room +joe", "room -mia"}},
		"a crowd":           {true, nil, nil},
		"session was over":  {false, []string{"joe", "alice", "bob"}, []string{"room +joe"}},
		"a gateway's start": {false, []string{"alice"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			inSession(t, func(w *world) {
				w.Channel("room").Join(w.promise("join"))
				w.reply(&wire.ServerFrame{Joined: &wire.Joined{MemberCount: 3, Uid: []string{"bob", "alice", "eve"}}})
				w.host.settle()
				w.push(1, memberChange("mia", true, 4))
				w.interrupt()
				w.redialled()
				if c.continues {
					w.continued("s2")
				} else {
					w.welcome("s2")
				}
				w.forget()
				w.reply(&wire.ServerFrame{Joined: &wire.Joined{MemberCount: 4, Uid: c.listed}})
				assert.Equal(t, c.want, w.taken())
			})
		})
	}
}

// The answers of getMembers of API 4.4.
func TestMembers(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer *wire.ServerFrame
		want   string
	}{
		{"too often", &wire.ServerFrame{Refusal: &wire.Refusal{Reason: wire.Refusal_TOO_OFTEN}}, "RtmInvokeTooOftenError 4"},
		{"refused", &wire.ServerFrame{Refusal: &wire.Refusal{Reason: wire.Refusal_UNAVAILABLE}}, "RtmUnknownError 1"},
		{"not joined", &wire.ServerFrame{Refusal: &wire.Refusal{Reason: wire.Refusal_NOT_JOINED}}, "RtmInvalidStatusError 5"},
		{"listed", &wire.ServerFrame{MemberList: &wire.MemberList{Uid: []string{"bob", "alice"}}}, "ok"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inSession(t, func(w *world) {
				ch := w.joined("room")
				done := w.promise("members")
				var list []string
				ch.Members(func(uids []string, err *Error) { list = uids; done(err) })
				assert.Equal(t, []string{"2 members room"}, w.host.socket().taken())
				w.reply(c.answer)
				assert.Equal(t, []string{"members: " + c.want}, w.taken())
				assert.Equal(t, c.answer.MemberList.GetUid(), list)
			})
		})
	}
}

func TestMembersChecks(t *testing.T) {
	members := func(w *world, ch *Channel, name string) {
		done := w.promise(name)
		ch.Members(func(_ []string, err *Error) { done(err) })
	}
	inWorld(t, func(w *world) {
		members(w, w.Channel("room"), "members")
		assert.Equal(t, []string{"members: RtmInvalidStatusError 102"}, w.taken())
	})
	inSession(t, func(w *world) {
		ch := w.Channel("room")
		members(w, ch, "left")
		ch.Join(w.promise("join"))
		members(w, ch, "joining")
		assert.Equal(t, []string{"left: RtmInvalidStatusError 5", "room JOINING", "joining: RtmInvalidStatusError 5"}, w.taken())

		hall := w.joined("hall")
		w.interrupt()
		w.forget()
		members(w, hall, "reconnecting")
		assert.Equal(t, []string{"reconnecting: RtmInvalidStatusError 102"}, w.taken())
	})
	inSession(t, func(w *world) {
		members(w, w.joined("room"), "members")
		for range 10 {
			w.host.socket().receive(&wire.ServerFrame{Ping: &wire.Ping{}})
			w.host.pass(time.Second)
		}
		assert.Equal(t, []string{"members: RtmTimeoutError 3"}, w.taken())
	})
}

func TestMemberEvents(t *testing.T) {
	inSession(t, func(w *world) {
		w.joined("room")
		w.push(1, memberChange("bob", true, 2))
		w.push(2, memberChange("bob", true, 2))
		w.push(3, memberChange("alice", true, 2))
		w.push(4, memberChange("bob", false, 1))
		w.push(5, memberChange("bob", true, 2))
		w.push(6, memberChange("alice", false, 1))
		assert.Equal(t, []string{"room +bob", "room -bob", "room +bob"}, w.taken(),
			"no second joined without a left between, and nothing about oneself")
	})
}

func TestMemberWhoWasThereBeforeLeaves(t *testing.T) {
	inSession(t, func(w *world) {
		w.joined("room")
		w.push(1, memberChange("bob", false, 1))
		assert.Equal(t, []string{"room -bob"}, w.taken())
	})
}

// Joining anew starts from nothing.
func TestMembersAreForgottenOnLeave(t *testing.T) {
	inSession(t, func(w *world) {
		ch := w.joined("room")
		w.push(1, memberChange("bob", true, 2))
		ch.Leave(w.promise("leave"))
		ch.Join(w.promise("join"))
		w.reply(&wire.ServerFrame{Joined: &wire.Joined{MemberCount: 1}})
		w.host.settle()
		w.forget()
		w.push(2, memberChange("bob", true, 2))
		assert.Equal(t, []string{"room +bob"}, w.taken())
	})
}

func TestMemberCount(t *testing.T) {
	inSession(t, func(w *world) {
		ch := w.Channel("room")
		ch.Join(w.promise("join"))
		w.reply(&wire.ServerFrame{Joined: &wire.Joined{MemberCount: 3}})
		assert.Equal(t, []string{"room JOINING", "room JOINED", "join: ok"}, w.taken(), "never inside the join")
		w.host.settle()
		assert.Equal(t, []string{"room =3"}, w.taken(), "but right after")

		w.push(1, memberChange("bob", true, 4))
		w.push(2, memberChange("eve", true, 5))
		w.host.pass(MemberCountInterval - 1)
		assert.Equal(t, []string{"room +bob", "room +eve"}, w.taken())
		w.host.pass(1)
		assert.Equal(t, []string{"room =5"}, w.taken(), "the latest, after a second")

		w.push(3, memberChange("eve", false, 4))
		w.push(4, memberChange("eve", true, 5))
		w.host.pass(time.Minute / 12)
		assert.Equal(t, []string{"room -eve", "room +eve"}, w.taken(), "no event for the number already told")

		w.push(5, memberChange("eve", false, 4))
		w.host.settle()
		assert.Equal(t, []string{"room -eve", "room =4"}, w.taken(), "at once when the last is long ago")
	})
}

func TestMemberCountEndsWithTheChannel(t *testing.T) {
	inSession(t, func(w *world) {
		ch := w.joined("room")
		w.push(1, memberChange("bob", true, 2))
		ch.Leave(w.promise("leave"))
		w.host.pass(2 * time.Second)
		assert.Equal(t, []string{"room +bob", "room LEFT", "leave: ok"}, w.taken())
	})
}
