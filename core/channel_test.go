package core

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
)

func TestJoin(t *testing.T) {
	inSession(t, func(w *world) {
		ch := w.Channel("room")
		assert.Equal(t, Left, ch.State())
		ch.Join(w.promise("join"))
		assert.Equal(t, []string{"1 join room"}, w.host.socket().taken())
		assert.Equal(t, []string{"room JOINING"}, w.taken())
		w.push(1, delivery("bob", "room", "early"))
		w.reply(&wire.ServerFrame{Joined: &wire.Joined{MemberCount: 2}})
		w.push(2, delivery("bob", "room", "hello"))
		assert.Equal(t, []string{"room JOINED", "join: ok", "room bob: hello"}, w.taken())
	})
}

// The table of API 4.1.
func TestJoinRefused(t *testing.T) {
	answer := func(r wire.Refusal_Reason) func(*world) {
		return func(w *world) { w.reply(&wire.ServerFrame{Refusal: &wire.Refusal{Reason: r}}) }
	}
	for _, c := range []struct {
		name string
		then func(*world)
		want string
	}{
		{"by the gateway", answer(wire.Refusal_UNAVAILABLE), "RtmUnavailableError 1"},
		{"for a limit", answer(wire.Refusal_LIMIT), "RtmLimitExceededError 5"},
		{"as too often", answer(wire.Refusal_TOO_OFTEN), "RtmInvokeTooOftenError 7"},
		{"as too often into this channel", answer(wire.Refusal_SAME_CHANNEL_TOO_OFTEN), "RtmInvokeTooOftenError 8"},
		{"for its id", answer(wire.Refusal_INVALID_ID), "RtmInvalidArgumentError 3"},
		{"by the end of the session", func(w *world) { w.host.socket().lose(wire.CloseRemoteLogin) }, "RtmUnavailableError 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inSession(t, func(w *world) {
				ch := w.Channel("room")
				ch.Join(w.promise("join"))
				c.then(w)
				assert.Contains(t, w.taken(), "join: "+c.want)
				if w.State() == Connected {
					require.Equal(t, Left, ch.State())
					ch.Join(w.promise("again"))
					w.reply(&wire.ServerFrame{Joined: &wire.Joined{MemberCount: 1}})
					assert.Contains(t, w.taken(), "again: ok", "the id is free")
				}
			})
		})
	}
}

func TestJoinTimesOut(t *testing.T) {
	inSession(t, func(w *world) {
		s := w.host.socket()
		w.Channel("room").Join(w.promise("join"))
		for range 10 {
			w.host.pass(time.Second)
			if w.State() == Connected {
				s.receive(&wire.ServerFrame{Ping: &wire.Ping{}})
			}
		}
		assert.Equal(t, []string{"room JOINING", "room LEFT", "join: RtmTimeoutError 4"}, w.taken())
		assert.Contains(t, s.taken(), "leave room", "it may have been done")
		s.receive(&wire.ServerFrame{ReplyTo: 1, Joined: &wire.Joined{MemberCount: 2}})
		w.host.settle()
		assert.Empty(t, w.taken(), "too late")
	})
}

func TestJoinChecks(t *testing.T) {
	inWorld(t, func(w *world) {
		w.Channel("room").Join(w.promise("join"))
		assert.Equal(t, []string{"join: RtmInvalidStatusError 102"}, w.taken())
	})
	inSession(t, func(w *world) {
		w.Channel("a*b").Join(w.promise("bad id"))
		assert.Equal(t, []string{"bad id: RtmInvalidArgumentError 3"}, w.taken())

		ch := w.Channel("room")
		ch.Join(w.promise("first"))
		ch.Join(w.promise("joining"))
		w.Channel("room").Join(w.promise("other"))
		w.reply(&wire.ServerFrame{Joined: &wire.Joined{MemberCount: 1}})
		ch.Join(w.promise("joined"))
		w.Channel("room").Join(w.promise("other"))
		assert.Equal(t, []string{
			"room JOINING", "joining: RtmInvalidStatusError 6", "other: RtmInvalidStatusError 202",
			"room JOINED", "first: ok", "joined: RtmInvalidStatusError 6", "other: RtmInvalidStatusError 202",
		}, w.taken())

		w.interrupt()
		w.forget()
		w.Channel("hall").Join(w.promise("reconnecting"))
		assert.Equal(t, []string{"reconnecting: RtmInvalidStatusError 102"}, w.taken())
	})
}

func TestJoinedChannelsAreLimited(t *testing.T) {
	inSession(t, func(w *world) {
		first := w.joined("room")
		for i := range MaxJoinedChannels - 1 {
			w.Channel(strconv.Itoa(i)).Join(func(*Error) {}) // joining counts
		}
		w.forget()
		last := w.Channel("last")
		last.Join(w.promise("last"))
		assert.Equal(t, []string{"last: RtmLimitExceededError 5"}, w.taken())
		first.Leave(w.promise("leave"))
		last.Join(w.promise("last"))
		assert.Equal(t, []string{"room LEFT", "leave: ok", "last JOINING"}, w.taken())
	})
}

func TestLeave(t *testing.T) {
	inSession(t, func(w *world) {
		ch := w.joined("room")
		s := w.host.socket()
		ch.Leave(w.promise("leave"))
		assert.Equal(t, []string{"leave room"}, s.taken(), "inside the call")
		assert.Equal(t, []string{"room LEFT", "leave: ok"}, w.taken())
		w.push(1, delivery("bob", "room", "late"))
		assert.Empty(t, w.taken())
		ch.Leave(w.promise("again"))
		assert.Equal(t, []string{"again: RtmInvalidStatusError 3"}, w.taken())

		ch.Join(w.promise("join"))
		w.reply(&wire.ServerFrame{Joined: &wire.Joined{MemberCount: 1}})
		w.push(2, delivery("bob", "room", "hello"))
		assert.Equal(t, []string{"room JOINING", "room JOINED", "join: ok", "room bob: hello"}, w.taken())
	})
}

func TestLeaveBeforeLogin(t *testing.T) {
	inWorld(t, func(w *world) {
		w.Channel("room").Leave(w.promise("leave"))
		assert.Equal(t, []string{"leave: RtmInvalidStatusError 102"}, w.taken())
	})
}

func TestLeaveDuringJoin(t *testing.T) {
	inSession(t, func(w *world) {
		ch := w.Channel("room")
		s := w.host.socket()
		ch.Join(w.promise("join"))
		ch.Leave(w.promise("leave"))
		assert.Equal(t, []string{"1 join room", "leave room"}, s.taken())
		assert.Equal(t, []string{"room JOINING"}, w.taken(), "waits for the join")
		w.reply(&wire.ServerFrame{Joined: &wire.Joined{MemberCount: 1}})
		w.host.pass(time.Second)
		assert.Equal(t, []string{"room JOINED", "join: ok", "room LEFT", "leave: ok"}, w.taken(), "and no count")
		ch.Join(w.promise("again"))
		assert.Equal(t, []string{"room JOINING"}, w.taken())
	})
}

func TestLeaveDuringJoinThatFails(t *testing.T) {
	inSession(t, func(w *world) {
		ch := w.Channel("room")
		ch.Join(w.promise("join"))
		ch.Leave(w.promise("leave"))
		w.reply(&wire.ServerFrame{Refusal: &wire.Refusal{Reason: wire.Refusal_LIMIT}})
		assert.Equal(t, []string{"room JOINING", "room LEFT", "join: RtmLimitExceededError 5", "leave: ok"}, w.taken())
	})
}

// A gateway that gets a lost join again, after the leave, is told to leave again.
func TestLeaveDuringJoinThatIsSentAgain(t *testing.T) {
	for _, resumed := range []bool{true, false} {
		inSession(t, func(w *world) {
			ch := w.Channel("room")
			ch.Join(w.promise("join"))
			ch.Leave(w.promise("leave"))
			w.interrupt()
			s := w.redialled()
			if resumed {
				w.resumed()
			} else {
				w.welcome("s2")
			}
			s.receive(&wire.ServerFrame{ReplyTo: 1, Joined: &wire.Joined{MemberCount: 1}})
			sent := s.taken()
			assert.Equal(t, []string{"1 join room", "leave room"}, sent[len(sent)-2:], "resumed: %v", resumed)
			assert.Equal(t, Left, ch.State())
		})
	}
}

func TestLeaveWhileReconnecting(t *testing.T) {
	inSession(t, func(w *world) {
		room, hall := w.joined("room"), w.joined("hall")
		room.Leave(w.promise("leave")) // the gateway may not have got this
		w.interrupt()
		hall.Leave(w.promise("leave"))
		w.forget()
		s := w.redialled()
		w.resumed()
		assert.ElementsMatch(t, []string{"hello alice", "leave room", "leave hall"}, s.taken())
		w.interrupt()
		s = w.redialled()
		w.resumed()
		assert.Equal(t, []string{"hello alice"}, s.taken(), "said once")
	})
}

func TestChannelJoinedAgainIsNotLeftByAResume(t *testing.T) {
	inSession(t, func(w *world) {
		w.joined("room").Leave(w.promise("leave"))
		w.joined("room")
		w.interrupt()
		s := w.redialled()
		w.resumed()
		assert.Equal(t, []string{"hello alice"}, s.taken())
	})
}

func TestLeaveWhileReconnectingToANewSession(t *testing.T) {
	inSession(t, func(w *world) {
		ch := w.joined("room")
		w.interrupt()
		ch.Leave(w.promise("leave"))
		w.forget()
		s := w.redialled()
		w.welcome("s2")
		assert.Equal(t, []string{"hello alice"}, s.taken(), "the new session never was in it")
	})
}

// A channel that was left while its rejoin was unanswered is left for good.
func TestLeaveDuringRejoin(t *testing.T) {
	for _, resumed := range []bool{true, false} {
		inSession(t, func(w *world) {
			ch := w.joined("room")
			w.interrupt()
			w.redialled()
			w.welcome("s2")
			w.interrupt()
			ch.Leave(w.promise("leave"))
			s := w.redialled()
			if resumed {
				w.resumed()
			} else {
				w.welcome("s3")
			}
			s.receive(&wire.ServerFrame{ReplyTo: 1, Joined: &wire.Joined{MemberCount: 1}})
			sent := s.taken()
			assert.Equal(t, []string{"1 join room", "leave room"}, sent[len(sent)-2:], "resumed: %v", resumed)
		})
	}
}

func TestChannelSend(t *testing.T) {
	inSession(t, func(w *world) {
		ch := w.joined("room")
		s := w.host.socket()
		ch.Send(textMessage("hello"), w.promise("send"))
		assert.Equal(t, []string{"2 send room hello"}, s.taken())
		w.reply(&wire.ServerFrame{Sent: &wire.Sent{}})
		ch.Send(textMessage("again"), w.promise("again"))
		w.reply(&wire.ServerFrame{Refusal: &wire.Refusal{Reason: wire.Refusal_NOT_JOINED}})
		assert.Equal(t, []string{"send: ok", "again: RtmInvalidStatusError 5"}, w.taken())
	})
}

// The order of checks of API 4.3.
func TestChannelSendChecksInOrder(t *testing.T) {
	inWorld(t, func(w *world) {
		ch := w.Channel("room")
		ch.Send(&Outgoing{Fault: NotAMessage}, w.promise("no message"))
		ch.Send(textMessage(of(32769)), w.promise("not joined"))
		assert.Equal(t, []string{"no message: RtmInvalidArgumentError 4", "not joined: RtmInvalidStatusError 5"}, w.taken())
	})
	inSession(t, func(w *world) {
		ch := w.joined("room")
		ch.Send(textMessage(of(32769)), w.promise("size"))
		assert.Equal(t, []string{"size: RtmLimitExceededError 4"}, w.taken())
		w.host.socket().lose(wire.CloseRemoteLogin)
		w.forget()
		ch.Send(textMessage(of(32769)), w.promise("aborted"))
		assert.Equal(t, []string{"aborted: RtmInvalidStatusError 102"}, w.taken(), "still joined, but not logged in")
	})
}

func TestChannelLeftWhileASendWaits(t *testing.T) {
	inSession(t, func(w *world) {
		ch := w.joined("room")
		w.interrupt()
		ch.Send(textMessage("hello"), w.promise("send"))
		ch.Leave(w.promise("leave"))
		w.forget()
		s := w.redialled()
		w.resumed()
		assert.Equal(t, []string{"send: RtmInvalidStatusError 5", "CONNECTED LOGIN_SUCCESS"}, w.taken())
		assert.Equal(t, []string{"hello alice", "leave room"}, s.taken())
	})
}

// A channel that was left while no gateway could be told: one that is told later than the session goes
// on for others takes the member out only once they are in it.
func TestLeftOnTheWayToAnotherGateway(t *testing.T) {
	for name, c := range map[string]struct {
		connected bool // when it was left
		continues bool
		want      []string
	}{
		"told, continued":      {true, true, []string{"hello alice", "1 join hall"}},
		"untold, continued":    {false, true, []string{"hello alice", "1 join room", "leave room", "2 join hall"}},
		"untold, session over": {false, false, []string{"hello alice", "1 join hall"}},
	} {
		t.Run(name, func(t *testing.T) {
			inSession(t, func(w *world) {
				ch := w.joined("room")
				w.joined("hall")
				if c.connected {
					ch.Leave(w.promise("leave"))
				}
				w.interrupt()
				if !c.connected {
					ch.Leave(w.promise("leave"))
				}
				w.forget()
				s := w.redialled()
				if c.continues {
					w.accept(&wire.Welcome{SessionId: "s2", Continues: true, PingIntervalMs: 2500, ServerTimeMs: 1700000000000})
				} else {
					w.welcome("s2")
				}
				for _, f := range s.frames {
					if f.Join.GetChannel() == "room" {
						assert.EqualValues(t, 1700000000000, f.Join.SinceMs, "it is no new join")
					}
				}
				assert.Equal(t, c.want, s.taken())
				w.reply(&wire.ServerFrame{Joined: &wire.Joined{MemberCount: 1}})
				assert.Equal(t, Left, ch.State())
			})
		})
	}
}
