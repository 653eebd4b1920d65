package core

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
)

const (
	setOp    = wire.AttributeWrite_SET
	updateOp = wire.AttributeWrite_UPDATE
	deleteOp = wire.AttributeWrite_DELETE
	clearOp  = wire.AttributeWrite_CLEAR
)

// attributes are given as "key=value".
func attributes(kvs ...string) (out []*Attribute) {
	for _, kv := range kvs {
		key, value, _ := strings.Cut(kv, "=")
		out = append(out, &Attribute{Key: key, Value: value})
	}
	return out
}

func attributesText(list []*Attribute) string {
	s := ""
	for _, a := range list {
		s += " " + a.Key + "=" + a.Value
	}
	return s
}

var attributesDone = &wire.ServerFrame{Done: &wire.Done{}}

// write changes the user's own attributes and has the gateway do it.
func (w *world) write(op wire.AttributeWrite_Op, kvs ...string) {
	w.t.Helper()
	w.WriteAttributes(&wire.AttributeWrite{Op: op, Attribute: attributes(kvs...)}, w.promise("write"))
	w.reply(attributesDone)
	require.Equal(w.t, "write: ok", w.log[len(w.log)-1])
}

func (w *world) reading(name string) func([]*Attribute, *Error) {
	done := w.promise(name)
	return func(list []*Attribute, err *Error) {
		if err == nil {
			w.note(name + attributesText(list))
		}
		done(err)
	}
}

func TestAttributesAsked(t *testing.T) {
	inSession(t, func(w *world) {
		w.ReadAttributes(&wire.AttributeRead{Uid: "bob"}, w.reading("bob"))
		w.reply(&wire.ServerFrame{Attributes: &wire.AttributeList{Attribute: attributes("a=1", "b=2")}})
		w.ReadAttributes(&wire.AttributeRead{Channel: "room"}, w.reading("room"))
		w.reply(&wire.ServerFrame{Attributes: &wire.AttributeList{}})
		w.WriteAttributes(&wire.AttributeWrite{Op: clearOp, Channel: "room"}, w.promise("clear"))
		w.reply(attributesDone)
		assert.Equal(t, []string{"bob a=1 b=2", "bob: ok", "room", "room: ok", "clear: ok"}, w.taken())
		assert.Equal(t, []string{"1 read bob", "2 read room", "3 write roomCLEAR"}, w.host.socket().taken())
	})
}

func TestAttributeErrors(t *testing.T) {
	for reason, want := range map[wire.Refusal_Reason]string{
		wire.Refusal_UNKNOWN:     "RtmUnavailableError 2",
		wire.Refusal_UNAVAILABLE: "RtmUnavailableError 2",
		wire.Refusal_NOT_FOUND:   "RtmUnavailableError 6",
		wire.Refusal_TOO_OFTEN:   "RtmInvokeTooOftenError 5",
		wire.Refusal_TOO_LARGE:   "RtmLimitExceededError 4",
		wire.Refusal_LIMIT:       "RtmLimitExceededError 4",
		wire.Refusal_BAD_REQUEST: "RtmInvalidArgumentError 3",
		wire.Refusal_INVALID_ID:  "RtmInvalidArgumentError 3",
	} {
		inSession(t, func(w *world) {
			w.ReadAttributes(&wire.AttributeRead{Uid: "bob"}, w.reading("read"))
			w.reply(&wire.ServerFrame{Refusal: &wire.Refusal{Reason: reason}})
			w.WriteAttributes(&wire.AttributeWrite{Attribute: attributes("a=1")}, w.promise("write"))
			w.reply(&wire.ServerFrame{Refusal: &wire.Refusal{Reason: reason}})
			assert.Equal(t, []string{"read: " + want, "write: " + want}, w.taken(), "%v", reason)
			assert.Empty(t, w.attributes, "it was not done")
		})
	}
}

func TestAttributesTimeout(t *testing.T) {
	inSession(t, func(w *world) {
		w.ReadAttributes(&wire.AttributeRead{Uid: "bob"}, w.reading("read"))
		w.WriteAttributes(&wire.AttributeWrite{Attribute: attributes("a=1")}, w.promise("write"))
		w.alive(RequestTimeout - time.Millisecond)
		assert.Empty(t, w.taken())
		w.alive(time.Millisecond)
		assert.Equal(t, []string{"read: RtmTimeoutError 7", "write: RtmTimeoutError 7"}, w.taken())
	})
}

func TestAttributesNeedALogin(t *testing.T) {
	ask := func(w *world) []string {
		w.ReadAttributes(&wire.AttributeRead{Uid: "bob"}, w.reading("read"))
		w.WriteAttributes(&wire.AttributeWrite{Op: clearOp}, w.promise("write"))
		return w.taken()
	}
	want := []string{"read: RtmInvalidStatusError 102", "write: RtmInvalidStatusError 102"}
	inWorld(t, func(w *world) { assert.Equal(t, want, ask(w)) })
	inSession(t, func(w *world) {
		w.interrupt()
		w.forget()
		assert.Equal(t, want, ask(w), "while reconnecting")
	})
}

// A request that the gateway would close the connection over never leaves.
func TestAttributesTooLongForAFrame(t *testing.T) {
	inSession(t, func(w *world) {
		key := strings.Repeat("k", 512)
		var keys []*Attribute
		for range 80 {
			keys = append(keys, &Attribute{Key: key})
		}
		w.WriteAttributes(&wire.AttributeWrite{Op: deleteOp, Attribute: keys}, w.promise("write"))
		assert.Equal(t, []string{"write: RtmLimitExceededError 4"}, w.taken())
		w.WriteAttributes(&wire.AttributeWrite{Op: deleteOp, Attribute: keys[:70]}, w.promise("write"))
		w.reply(attributesDone)
		assert.Equal(t, []string{"write: ok"}, w.taken())
		assert.Len(t, w.host.socket().taken(), 1)
	})
}

func TestWritten(t *testing.T) {
	for _, c := range []struct {
		op   wire.AttributeWrite_Op
		with []string
		want string
	}{
		{setOp, []string{"c=3"}, " c=3"},
		{updateOp, []string{"b=3", "c=4"}, " a=1 b=3 c=4"},
		{deleteOp, []string{"a", "z"}, " b=2"},
		{clearOp, nil, ""},
	} {
		got := written(attributes("a=1", "b=2"), &wire.AttributeWrite{Op: c.op, Attribute: attributes(c.with...)})
		assert.Equal(t, c.want, attributesText(got), c.op)
	}
}

func TestAttributesAreSetAgainInANewSession(t *testing.T) {
	inSession(t, func(w *world) {
		w.joined("room")
		w.write(setOp, "a=1", "b=2")
		w.write(updateOp, "b=3")
		w.WriteAttributes(&wire.AttributeWrite{Channel: "room", Attribute: attributes("topic=cats")}, w.promise("room"))
		w.reply(attributesDone)
		w.WriteAttributes(&wire.AttributeWrite{Op: updateOp, Attribute: attributes("c=4")}, w.promise("carried"))
		w.interrupt()
		w.redialled()
		s := w.resumed()
		assert.Equal(t, []string{"hello alice", "5 write UPDATE c=4"}, s.taken(), "the same session keeps them")

		w.interrupt()
		w.redialled()
		s = w.welcome("s2")
		assert.Equal(t, []string{"hello alice", "1 join room", "2 write SET a=1 b=3", "3 write UPDATE c=4"}, s.taken())
		s.receive(&wire.ServerFrame{ReplyTo: 2, Done: &wire.Done{}})
		s.receive(&wire.ServerFrame{ReplyTo: 3, Done: &wire.Done{}})
		w.interrupt()
		w.redialled()
		assert.Contains(t, w.welcome("s3").taken(), "2 write SET a=1 b=3 c=4")
	})
}

// What the gateway can't do now it is asked again, but not between a write and its
// answer: it would undo the write.
func TestAttributesAreSetAgainUntilItWorks(t *testing.T) {
	inSession(t, func(w *world) {
		w.write(setOp, "a=1")
		w.interrupt()
		w.redialled()
		s := w.welcome("s2")
		require.Contains(t, s.taken(), "1 write SET a=1")
		s.receive(&wire.ServerFrame{ReplyTo: 1, Refusal: &wire.Refusal{Reason: wire.Refusal_UNAVAILABLE}})
		w.WriteAttributes(&wire.AttributeWrite{Op: updateOp, Attribute: attributes("b=2")}, w.promise("write"))
		w.alive(lastRetryCap)
		assert.NotContains(t, s.taken(), "3 write SET a=1")
		s.receive(&wire.ServerFrame{ReplyTo: 2, Done: &wire.Done{}})
		w.alive(lastRetryCap)
		assert.Contains(t, s.taken(), "3 write SET a=1 b=2")
		w.alive(RequestTimeout + lastRetryCap)
		assert.Contains(t, s.taken(), "4 write SET a=1 b=2", "after a timeout too")
		s.receive(&wire.ServerFrame{ReplyTo: 4, Done: &wire.Done{}})
		w.alive(2 * lastRetryCap)
		require.Nil(t, w.LogoutNow())
		for _, line := range s.taken() {
			assert.NotContains(t, line, "write")
		}
	})
}

func TestAttributesAreForgottenAtTheEnd(t *testing.T) {
	inSession(t, func(w *world) {
		w.write(setOp, "a=1")
		require.Nil(t, w.LogoutNow())
		w.host.pass(LoginInterval)
		w.Login("alice", testToken, w.promise("login"))
		assert.Equal(t, []string{"hello alice"}, w.welcome("s2").taken())
		w.write(setOp, "a=1")
		w.host.socket().lose(wire.CloseRemoteLogin)
		assert.Equal(t, Aborted, w.State())
		assert.Empty(t, w.attributes)
	})
}

func TestAttributesUpdated(t *testing.T) {
	inSession(t, func(w *world) {
		push := func(seq uint64, channel string) {
			w.push(seq, &wire.ServerFrame{Attributes: &wire.AttributeList{Channel: channel, Attribute: attributes("a=1")}})
		}
		room := w.joined("room")
		push(1, "room")
		push(1, "room")
		push(2, "elsewhere")
		assert.Equal(t, []string{"room attributes: a=1"}, w.taken())
		room.Leave(w.promise("leave"))
		w.forget()
		push(3, "room")
		assert.Empty(t, w.taken())
		w.host.socket().receive(&wire.ServerFrame{Ping: &wire.Ping{}})
		assert.Equal(t, []string{"ack 3", "pong"}, w.host.socket().taken())
	})
}

// For the rates of reads see TestReadsWaitForTheirTurn.
func TestAttributeRates(t *testing.T) {
	for _, c := range []struct {
		limit int
		ask   func(w *world)
	}{
		{10, func(w *world) { w.WriteAttributes(&wire.AttributeWrite{Op: clearOp}, w.promise("asked")) }},
		{10, func(w *world) {
			w.WriteAttributes(&wire.AttributeWrite{Op: clearOp, Channel: "room"}, w.promise("asked"))
		}},
	} {
		inSession(t, func(w *world) {
			for range c.limit {
				c.ask(w)
			}
			assert.Empty(t, w.taken())
			c.ask(w)
			assert.Equal(t, []string{"asked: RtmInvokeTooOftenError 5"}, w.taken())
			w.alive(5 * time.Second)
			c.ask(w)
			assert.Empty(t, w.taken(), "the window slides")
		})
	}
}

// What a gateway tells of a channel's attributes once more is told the application once.
func TestAttributesThatComeAgain(t *testing.T) {
	inSession(t, func(w *world) {
		w.joined("room")
		update := func(revision uint64, value string) *wire.ServerFrame {
			return &wire.ServerFrame{Attributes: &wire.AttributeList{Channel: "room", Revision: revision, Attribute: []*Attribute{{Key: "k", Value: value}}}}
		}
		w.push(1, update(7, "a"))
		w.interrupt()
		w.redialled()
		w.continued("s2")
		w.reply(&wire.ServerFrame{Joined: &wire.Joined{MemberCount: 1}})
		w.forget()
		w.push(1, update(7, "a"))
		w.push(2, update(8, "b"))
		w.push(3, update(0, "of an older gateway"))
		assert.Equal(t, []string{"room attributes: k=b", "room attributes: k=of an older gateway"}, w.taken())
		w.interrupt()
		w.redialled()
		w.welcome("s3")
		w.reply(&wire.ServerFrame{Joined: &wire.Joined{MemberCount: 1}})
		w.forget()
		w.push(1, update(1, "c"))
		assert.Equal(t, []string{"room attributes: k=c"}, w.taken(), "what gateways share has begun again")
	})
}
