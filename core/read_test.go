package core

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
)

// readKind is one of the kinds of reads, and how to make a read of it that is about id.
type readKind struct {
	op                Op
	tooOften, session string // outcomes
	ask               func(w *world, id string, done func(*Error))
}

var readKinds = map[string]readKind{
	"getMembers": {OpMembers, "RtmInvokeTooOftenError 4", "RtmUnknownError 1", func(w *world, id string, done func(*Error)) {
		ch := w.channels[id]
		if ch == nil { // joined as if by itself: joins have a rate of their own
			ch = w.Channel(id)
			ch.state = Joined
			w.channels[id] = ch
		}
		ch.Members(func(_ []string, err *Error) { done(err) })
	}},
	"getChannelMemberCount": {OpCounts, "RtmInvokeTooOftenError 3", "RtmUnavailableError 1", func(w *world, id string, done func(*Error)) {
		w.MemberCounts([]string{id}, func(_ []uint32, err *Error) { done(err) })
	}},
	"queryPeersOnlineStatus": {OpQuery, "RtmInvokeTooOftenError 5", "RtmUnavailableError 3", func(w *world, id string, done func(*Error)) {
		w.QueryPeers([]string{id}, func(_ PresenceList, err *Error) { done(err) })
	}},
	"getMediaUrl": {OpMediaURL, "RtmInvokeTooOftenError 5", "RtmUnavailableError 1", func(w *world, id string, done func(*Error)) {
		w.MediaURL(someMedia, MediaURLOptions{Download: id}, func(_ string, err *Error) { done(err) })
	}},
	"getUserAttributes": {OpReadUser, "RtmInvokeTooOftenError 5", "RtmUnavailableError 2", func(w *world, id string, done func(*Error)) {
		w.ReadAttributes(&wire.AttributeRead{Uid: id}, func(_ []*Attribute, err *Error) { done(err) })
	}},
	"getChannelAttributes": {OpReadChannel, "RtmInvokeTooOftenError 5", "RtmUnavailableError 2", func(w *world, id string, done func(*Error)) {
		w.ReadAttributes(&wire.AttributeRead{Channel: id}, func(_ []*Attribute, err *Error) { done(err) })
	}},
}

// forEachRead runs f for each kind of read. ask makes a read about the nth id, under a name that no other has.
func forEachRead(t *testing.T, f func(w *world, k readKind, ask func(n int) string)) {
	for name, k := range readKinds {
		t.Run(name, func(t *testing.T) {
			inSession(t, func(w *world) {
				calls := 0
				f(w, k, func(n int) string {
					calls++
					id := "x" + strconv.Itoa(n)
					call := id + " call " + strconv.Itoa(calls)
					k.ask(w, id, w.promise(call))
					return call
				})
			})
		})
	}
}

// sentReads are the reads sent since the last call, by what they are about.
func (w *world) sentReads() (ids []string) {
	for _, s := range w.host.sockets {
		for _, line := range s.taken() {
			if i := strings.LastIndex(line, " "); i >= 0 && strings.HasPrefix(line[i+1:], "x") {
				ids = append(ids, line[i+1:])
			}
		}
	}
	return ids
}

func TestReadsWaitForTheirTurn(t *testing.T) {
	forEachRead(t, func(w *world, k readKind, ask func(int) string) {
		r := Rates[k.op]
		var ids []string
		for n := range 2*r.N + 1 {
			ask(n)
			ids = append(ids, "x"+strconv.Itoa(n))
		}
		assert.Equal(t, ids[:r.N], w.sentReads())
		w.alive(r.Window - time.Millisecond)
		assert.Empty(t, w.sentReads(), "the rate holds")
		w.alive(time.Millisecond)
		assert.Equal(t, ids[r.N:2*r.N], w.sentReads(), "in order")
		w.alive(r.Window)
		assert.Equal(t, ids[2*r.N:], w.sentReads())
		for _, line := range w.taken() {
			assert.NotContains(t, line, "TooOften")
		}
	})
}

// Only a read that was not sent yet is shared: another answer may be from before what the caller knows of.
func TestReadsShareOnlyWhatWaits(t *testing.T) {
	forEachRead(t, func(w *world, k readKind, ask func(int) string) {
		r := Rates[k.op]
		for range r.N {
			ask(0)
		}
		assert.Len(t, w.sentReads(), r.N, "those that were sent are not shared")
		calls := []string{ask(1), ask(0), ask(1), ask(0), ask(0)}
		w.alive(2 * r.Window)
		assert.Equal(t, []string{"x1", "x0"}, w.sentReads())
		w.taken()
		w.reply(&wire.ServerFrame{Refusal: &wire.Refusal{Reason: wire.Refusal_TOO_OFTEN}})
		assert.Equal(t, []string{calls[1] + ": " + k.tooOften, calls[3] + ": " + k.tooOften, calls[4] + ": " + k.tooOften}, w.taken())
	})
}

// A read whose turn would come too late fails inside the call.
func TestReadsWaitTenSecondsAtMost(t *testing.T) {
	forEachRead(t, func(w *world, k readKind, ask func(int) string) {
		r := Rates[k.op]
		most := r.N * (1 + int(ReadWait/r.Window))
		for n := range most {
			ask(n)
		}
		assert.Empty(t, w.taken())
		assert.Equal(t, []string{ask(most) + ": " + k.tooOften}, w.taken())
		ask(most - 1)
		assert.Empty(t, w.taken(), "one that waits is shared even then")
		for range 2 * int(ReadWait/PingInterval) {
			w.alive(PingInterval)
		}
		assert.Len(t, w.sentReads(), most)
		ask(most)
		assert.Equal(t, []string{"x" + strconv.Itoa(most)}, w.sentReads())
	})
}

func TestWaitingReadsEndWithTheSession(t *testing.T) {
	for way, end := range map[string]func(w *world){
		"logoutSync": func(w *world) { w.LogoutNow() },
		"logout": func(w *world) {
			w.Logout(func(*Error) {})
			w.alive(4 * time.Second) // turns come, and nobody is asked
			w.host.socket().lose(wire.CloseBye)
		},
		"kicked": func(w *world) { w.host.socket().lose(wire.CloseRemoteLogin) },
		"banned": func(w *world) { w.host.socket().lose(wire.CloseBanned) },
	} {
		t.Run(way, func(t *testing.T) {
			forEachRead(t, func(w *world, k readKind, ask func(int) string) {
				r := Rates[k.op]
				var calls []string
				for n := range 2 * r.N {
					calls = append(calls, ask(n)+": "+k.session)
				}
				w.sentReads()
				end(w)
				assert.Empty(t, w.sentReads())
				var settled []string
				for _, line := range w.taken() {
					if strings.HasPrefix(line, "x") && strings.Contains(line, ": ") {
						settled = append(settled, line)
					}
				}
				assert.Equal(t, calls, settled)
				if w.State() != Disconnected {
					w.LogoutNow()
				}
				w.host.pass(time.Second)
				w.Login("alice", testToken, w.promise("login"))
				w.welcome("s2")
				w.forget()
				ask(0)
				w.alive(r.Window)
				assert.Equal(t, []string{"x0"}, w.sentReads(), "the turns of those that ended are free")
			})
		})
	}
}

func TestWaitingReadOutlivesTheConnection(t *testing.T) {
	forEachRead(t, func(w *world, k readKind, ask func(int) string) {
		r := Rates[k.op]
		for n := range r.N {
			ask(n)
			w.reply(&wire.ServerFrame{})
		}
		ask(r.N)
		w.interrupt()
		w.forget()
		w.host.pass(r.Window) // its turn comes, and a new connection is dialled
		w.resumed()
		assert.Equal(t, []string{"x" + strconv.Itoa(r.N)}, w.sentReads())
		w.taken()
		w.reply(&wire.ServerFrame{})
		assert.Len(t, w.taken(), 1)
	})
}

// The most copied program of 1.4 asks for the members whenever one comes or goes.
func TestMembersOnEachComingAndGoing(t *testing.T) {
	inSession(t, func(w *world) {
		ch := w.joined("room")
		here, shown := []string{"alice"}, []string(nil)
		refresh := func() {
			ch.Members(func(uids []string, err *Error) {
				require.Nil(t, err)
				shown = uids
			})
		}
		answer := func() {
			s := w.host.socket()
			for _, f := range s.frames {
				if f.Members != nil {
					s.receive(&wire.ServerFrame{ReplyTo: f.Id, MemberList: &wire.MemberList{Uid: slices.Clone(here)}})
				}
			}
			s.frames = nil
		}
		for n := range 12 {
			uid := "user" + strconv.Itoa(n%8)
			line, comes := "room +"+uid, !slices.Contains(here, uid)
			if comes {
				here = append(here, uid)
			} else {
				line = "room -" + uid
				here = slices.DeleteFunc(here, func(other string) bool { return other == uid })
			}
			w.on[line] = refresh
			w.push(uint64(n+1), &wire.ServerFrame{MemberChange: &wire.MemberChange{Channel: "room", Uid: uid, Joined: comes, MemberCount: uint32(len(here))}})
			if n%2 == 0 { // the gateway is not always the faster
				answer()
			}
			w.host.pass(150 * time.Millisecond)
		}
		for range 10 {
			answer()
			w.alive(500 * time.Millisecond)
		}
		assert.Equal(t, here, shown)
	})
}
