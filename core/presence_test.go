package core

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
)

// presenceOf is a frame with "uid=STATE" of each user.
func presenceOf(users ...string) *wire.ServerFrame {
	list := &wire.PresenceList{}
	for _, u := range users {
		uid, state, _ := strings.Cut(u, "=")
		list.Presence = append(list.Presence, &wire.Presence{Uid: uid, State: wire.Presence_State(wire.Presence_State_value[state])})
	}
	return &wire.ServerFrame{Presence: list}
}

func (w *world) query(name string, peers ...string) {
	done := w.promise(name)
	w.QueryPeers(peers, func(list PresenceList, err *Error) {
		if err == nil {
			w.note("answer " + states(list))
		}
		done(err)
	})
}

// subscribed has the client subscribed to peers, all of that state.
func (w *world) subscribedTo(state string, peers ...string) {
	w.t.Helper()
	w.SubscribePeers(peers, w.promise("subscribe"))
	for i := range peers {
		peers[i] += "=" + state
	}
	w.reply(presenceOf(peers...))
	w.host.settle()
	w.forget()
}

func (w *world) subscribedIDs(name string) []string {
	ids, err := w.SubscribedPeers()
	if err != nil {
		w.note(name + ": " + outcome(err))
	}
	return ids
}

func TestQueryPeers(t *testing.T) {
	inSession(t, func(w *world) {
		w.query("query", "bob", "eve", "mia")
		assert.Equal(t, []string{"1 query bob eve mia"}, w.host.socket().taken())
		w.reply(presenceOf("bob=ONLINE", "eve=OFFLINE", "mia=UNREACHABLE"))
		w.host.settle()
		assert.Equal(t, []string{"answer bob=ONLINE eve=OFFLINE mia=UNREACHABLE", "query: ok"}, w.taken(), "no event about those not subscribed to")
	})
}

// A query tells of the peers that are subscribed to, changed or not, but not of the
// unreachable; after the promise.
func TestQueryTellsOfSubscribedPeers(t *testing.T) {
	inSession(t, func(w *world) {
		w.subscribedTo("ONLINE", "bob", "mia")
		w.push(1, presenceOf("mia=UNREACHABLE"))
		w.forget()
		w.query("query", "bob", "eve", "mia")
		w.reply(presenceOf("bob=ONLINE", "eve=ONLINE", "mia=UNREACHABLE"))
		assert.Equal(t, []string{"answer bob=ONLINE eve=ONLINE mia=UNREACHABLE", "query: ok"}, w.taken())
		w.host.settle()
		assert.Equal(t, []string{"peers bob=ONLINE"}, w.taken())
	})
}

// The order of checks of API 9: the login state, the ids, the limits, the rate.
func TestPresenceChecks(t *testing.T) {
	many := func(n int) (out []string) {
		for i := range n {
			out = append(out, "user"+strconv.Itoa(i))
		}
		return out
	}
	all := func(w *world, peers ...string) []string {
		w.query("query", peers...)
		w.SubscribePeers(peers, w.promise("subscribe"))
		w.UnsubscribePeers(peers, w.promise("unsubscribe"))
		return w.taken()
	}
	inWorld(t, func(w *world) {
		assert.Equal(t, []string{"query: RtmInvalidStatusError 102", "subscribe: RtmInvalidStatusError 102", "unsubscribe: RtmInvalidStatusError 102"}, all(w, "a*b"))
		w.subscribedIDs("list")
		assert.Equal(t, []string{"list: RtmInvalidStatusError 102"}, w.taken())
	})
	inSession(t, func(w *world) {
		bad := []string{"query: RtmInvalidArgumentError 2", "subscribe: RtmInvalidArgumentError 2", "unsubscribe: RtmInvalidArgumentError 2"}
		assert.Equal(t, bad, all(w))
		assert.Equal(t, bad, all(w, "bob", "a*b"))
		assert.Equal(t, bad, all(w, append(many(513), "")...))
		over := []string{"query: RtmInvalidArgumentError 2", "subscribe: RtmLimitExceededError 6", "unsubscribe: RtmLimitExceededError 6"}
		assert.Equal(t, over, all(w, many(513)...))
		long := many(200)
		for i := range long {
			long[i] += strings.Repeat("\u3000", 56) // 168 bytes
		}
		assert.Equal(t, over, all(w, long...), "no frame may be too large for the gateway")
		w.query("257", many(257)...)
		assert.Equal(t, []string{"257: RtmInvalidArgumentError 2"}, w.taken())
		assert.Empty(t, w.host.socket().taken())

		w.subscribedTo("OFFLINE", many(500)...)
		w.SubscribePeers([]string{"a", "a", "b", "user1"}, w.promise("repeats count once, known peers again"))
		assert.Empty(t, w.taken())
		w.reply(presenceOf("a=ONLINE", "b=ONLINE", "user1=ONLINE"))
		w.host.settle()
		w.forget()
		w.SubscribePeers(many(11), w.promise("known peers count"))
		assert.Equal(t, []string{"known peers count: RtmLimitExceededError 6"}, w.taken())
		assert.Len(t, w.subscribedIDs("list"), 502)
	})
}

func TestPresenceRates(t *testing.T) {
	inSession(t, func(w *world) {
		ask := func() []string {
			w.SubscribePeers([]string{"bob"}, w.promise("subscribe"))
			w.UnsubscribePeers([]string{"bob"}, w.promise("unsubscribe"))
			w.subscribedIDs("list")
			return w.taken()
		}
		for range 10 {
			assert.Equal(t, []string{"unsubscribe: ok"}, ask())
		}
		assert.Equal(t, []string{"subscribe: RtmInvokeTooOftenError 5", "unsubscribe: RtmInvokeTooOftenError 5"}, ask(),
			"and the list, which is the client's own, can always be had")
		w.alive(5 * time.Second)
		assert.Equal(t, []string{"unsubscribe: ok"}, ask())
	})
}

func TestPresenceAnswers(t *testing.T) {
	for _, c := range []struct {
		name             string
		answer           *wire.ServerFrame
		query, subscribe string
	}{
		{"too often", &wire.ServerFrame{Refusal: &wire.Refusal{Reason: wire.Refusal_TOO_OFTEN}}, "RtmInvokeTooOftenError 5", "RtmInvokeTooOftenError 5"},
		{"limit", &wire.ServerFrame{Refusal: &wire.Refusal{Reason: wire.Refusal_LIMIT}}, "RtmUnavailableError 3", "RtmLimitExceededError 6"},
		{"unavailable", &wire.ServerFrame{Refusal: &wire.Refusal{Reason: wire.Refusal_UNAVAILABLE}}, "RtmUnavailableError 3", "RtmUnavailableError 1"},
		{"none", nil, "RtmTimeoutError 4", "RtmTimeoutError 4"},
	} {
		inSession(t, func(w *world) {
			answer := func() {
				if c.answer == nil {
					w.alive(RequestTimeout)
				} else {
					w.reply(c.answer)
				}
			}
			w.query("query", "bob")
			answer()
			w.SubscribePeers([]string{"bob"}, w.promise("subscribe"))
			answer()
			assert.Equal(t, []string{"query: " + c.query, "subscribe: " + c.subscribe}, w.taken(), c.name)
			assert.Empty(t, w.subscribedIDs("list"))
		})
	}
}

func TestSubscribePeers(t *testing.T) {
	inSession(t, func(w *world) {
		w.push(1, presenceOf("bob=ONLINE"))
		w.SubscribePeers([]string{"bob", "eve", "mia", "bob"}, w.promise("subscribe"))
		w.reply(presenceOf("bob=ONLINE", "eve=OFFLINE", "mia=UNREACHABLE"))
		assert.Equal(t, []string{"subscribe: ok"}, w.taken(), "never inside the subscription")
		w.push(2, presenceOf("eve=ONLINE"))
		assert.Empty(t, w.taken(), "the first report tells of all")
		w.host.settle()
		assert.Equal(t, []string{"peers bob=ONLINE eve=ONLINE mia=ONLINE", "peers mia=UNREACHABLE"}, w.taken())
		assert.ElementsMatch(t, []string{"bob", "eve", "mia"}, w.subscribedIDs("list"))

		w.push(3, presenceOf("bob=ONLINE"))
		assert.Empty(t, w.taken(), "not changed")
		w.push(4, presenceOf("bob=OFFLINE", "mia=ONLINE", "stranger=ONLINE"))
		assert.Equal(t, []string{"peers bob=OFFLINE", "peers mia=ONLINE"}, w.taken(), "one peer per event")

		w.host.socket().taken()
		w.UnsubscribePeers([]string{"bob", "stranger"}, w.promise("unsubscribe"))
		assert.Equal(t, []string{"unsubscribe: ok"}, w.taken())
		assert.Equal(t, []string{"2 unsubscribe bob"}, w.host.socket().taken())
		w.push(5, presenceOf("bob=ONLINE"))
		assert.Empty(t, w.taken())
		assert.ElementsMatch(t, []string{"eve", "mia"}, w.subscribedIDs("list"))
	})
}

// One call's report tells all its peers, those that were known too.
func TestSubscribeAgain(t *testing.T) {
	inSession(t, func(w *world) {
		w.subscribedTo("ONLINE", "bob")
		w.SubscribePeers([]string{"bob", "eve"}, w.promise("again"))
		w.reply(presenceOf("bob=ONLINE", "eve=OFFLINE"))
		w.host.settle()
		assert.Equal(t, []string{"again: ok", "peers bob=ONLINE eve=OFFLINE"}, w.taken())
	})
}

// A subscription that was under way when it was to end stays, on both sides.
func TestUnsubscribeWhileSubscribing(t *testing.T) {
	inSession(t, func(w *world) {
		w.SubscribePeers([]string{"bob"}, w.promise("subscribe"))
		w.UnsubscribePeers([]string{"bob"}, w.promise("unsubscribe"))
		assert.Equal(t, []string{"1 subscribe bob"}, w.host.socket().taken())
		w.reply(presenceOf("bob=ONLINE"))
		w.host.settle()
		assert.Equal(t, []string{"unsubscribe: ok", "subscribe: ok", "peers bob=ONLINE"}, w.taken())
	})
}

// Subscriptions survive an interruption: whether the session does or not, one event tells of all.
func TestResubscribe(t *testing.T) {
	inSession(t, func(w *world) {
		w.subscribedTo("ONLINE", "bob", "eve")
		w.interrupt()
		w.forget()
		s := w.redialled()
		w.resumed()
		assert.Equal(t, []string{"hello alice"}, s.taken(), "the session knows them")
		w.push(1, presenceOf("bob=OFFLINE"))
		assert.Equal(t, []string{"CONNECTED LOGIN_SUCCESS", "peers bob=ONLINE eve=ONLINE", "peers bob=OFFLINE"}, w.taken())
		w.host.socket().taken()
		w.interrupt()
		w.query("reconnecting", "bob")
		w.forget()

		s = w.redialled()
		w.welcome("s2")
		assert.Equal(t, []string{"hello alice", "1 subscribe bob eve"}, s.taken())
		w.forget()
		w.push(1, presenceOf("eve=OFFLINE"))
		w.UnsubscribePeers([]string{"eve"}, w.promise("unsubscribe"))
		s.receive(&wire.ServerFrame{ReplyTo: 1, Refusal: &wire.Refusal{Reason: wire.Refusal_UNAVAILABLE}})
		w.SubscribePeers([]string{"mia"}, w.promise("mia"))
		w.reply(presenceOf("mia=OFFLINE"))
		w.alive(lastRetryCap)
		assert.Contains(t, s.taken(), "4 subscribe bob mia", "tried again")
		assert.Equal(t, []string{"unsubscribe: ok", "mia: ok", "peers mia=OFFLINE"}, w.taken())
		w.reply(presenceOf("bob=OFFLINE", "mia=OFFLINE"))
		w.host.settle()
		assert.Equal(t, []string{"peers bob=OFFLINE mia=OFFLINE"}, w.taken())
	})
}

// They end with a logout, and when another login wins.
func TestSubscriptionsEnd(t *testing.T) {
	inSession(t, func(w *world) {
		w.subscribedTo("ONLINE", "bob")
		w.SubscribePeers([]string{"eve"}, w.promise("eve"))
		w.reply(presenceOf("eve=ONLINE"))
		w.Logout(w.promise("logout"))
		w.push(1, presenceOf("bob=OFFLINE"))
		w.host.settle()
		w.host.socket().lose(wire.CloseBye)
		assert.Equal(t, []string{"eve: ok", "DISCONNECTED LOGOUT", "logout: ok"}, w.taken())
		w.host.pass(time.Second)
		w.Login("alice", "", w.promise("login"))
		s := w.welcome("s2")
		assert.Equal(t, []string{"hello alice"}, s.taken())
		assert.Empty(t, w.subscribedIDs("list"))
	})
	inSession(t, func(w *world) {
		w.subscribedTo("ONLINE", "bob")
		w.SubscribePeers([]string{"eve"}, w.promise("eve"))
		w.host.socket().lose(wire.CloseRemoteLogin)
		assert.Equal(t, []string{"eve: RtmUnavailableError 1", "ABORTED REMOTE_LOGIN"}, w.taken())
		assert.Empty(t, w.peers)
	})
}

func TestMemberCounts(t *testing.T) {
	ask := func(w *world, name string, channels ...string) {
		done := w.promise(name)
		w.MemberCounts(channels, func(counts []uint32, err *Error) {
			for i, n := range counts {
				w.note(channels[i] + ": " + strconv.Itoa(int(n)))
			}
			done(err)
		})
	}
	inWorld(t, func(w *world) {
		ask(w, "counts")
		assert.Equal(t, []string{"counts: RtmInvalidStatusError 102"}, w.taken())
	})
	inSession(t, func(w *world) {
		ask(w, "none")
		ask(w, "bad", "a*")
		ask(w, "33", strings.Split(strings.Repeat("x ", 33), " ")[:33]...)
		assert.Equal(t, []string{"none: RtmInvalidArgumentError 2", "bad: RtmInvalidArgumentError 2", "33: RtmInvalidArgumentError 5"}, w.taken())

		w.joined("room")
		w.host.pass(time.Second)
		ask(w, "counts", "room", "hall")
		w.reply(&wire.ServerFrame{Counts: &wire.CountList{Count: []uint32{7, 0}}})
		assert.Equal(t, []string{"room: 7", "hall: 0", "counts: ok"}, w.taken())
		w.host.settle()
		assert.Equal(t, []string{"room =7"}, w.taken(), "a joined channel's count is told")
		w.alive(time.Second)
		ask(w, "timeout", "room")
		w.alive(RequestTimeout)
		assert.Equal(t, []string{"timeout: RtmTimeoutError 4"}, w.taken())
		ask(w, "refused", "room")
		w.reply(&wire.ServerFrame{Refusal: &wire.Refusal{Reason: wire.Refusal_TOO_OFTEN}})
		assert.Equal(t, []string{"refused: RtmInvokeTooOftenError 3"}, w.taken())
		w.alive(time.Second)
		ask(w, "refused", "room")
		w.reply(&wire.ServerFrame{Refusal: &wire.Refusal{Reason: wire.Refusal_UNAVAILABLE}})
		assert.Equal(t, []string{"refused: RtmUnavailableError 1"}, w.taken())
	})
}

// Above 512 members only the count is told, every 3 s.
func TestCrowd(t *testing.T) {
	inSession(t, func(w *world) {
		w.joined("room")
		w.push(1, memberChange("bob", true, 512))
		w.host.pass(MemberCountInterval)
		assert.Equal(t, []string{"room +bob", "room =512"}, w.taken())
		w.push(2, memberChange("", false, 600))
		assert.Empty(t, w.taken())
		w.alive(BigMemberCountInterval)
		assert.Equal(t, []string{"room =600"}, w.taken())
		w.push(3, memberChange("", false, 601))
		w.alive(BigMemberCountInterval - time.Millisecond)
		require.Empty(t, w.taken())
		w.host.pass(time.Millisecond)
		assert.Equal(t, []string{"room =601"}, w.taken())
		w.push(4, memberChange("bob", true, 500))
		assert.Equal(t, []string{"room +bob"}, w.taken(), "that he left was not told")
	})
}
