package gateway_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway/session"
)

// attributes are given as key, value, key, value.
func attributes(kv ...string) (out []*wire.Attribute) {
	for i := 0; i < len(kv); i += 2 {
		out = append(out, &wire.Attribute{Key: kv[i], Value: kv[i+1]})
	}
	return out
}

func (c *client) tryWrite(w *wire.AttributeWrite) *wire.Refusal {
	c.t.Helper()
	f := c.ask(&wire.ClientFrame{Write: w})
	require.True(c.t, (f.Done != nil) != (f.Refusal != nil), "got %v", f)
	return f.Refusal
}

func (c *client) writeAttributes(w *wire.AttributeWrite) {
	c.t.Helper()
	require.Nil(c.t, c.tryWrite(w))
}

// readAttributes returns "key=value" of each.
func (c *client) readAttributes(r *wire.AttributeRead) (out []string) {
	c.t.Helper()
	f := c.ask(&wire.ClientFrame{Read: r})
	require.NotNil(c.t, f.Attributes, "refused: %v", f.Refusal)
	return flat(f.Attributes)
}

func flat(list *wire.AttributeList) (out []string) {
	for _, a := range list.Attribute {
		out = append(out, a.Key+"="+a.Value)
	}
	return out
}

func (c *client) readRefusal(r *wire.AttributeRead) wire.Refusal_Reason {
	c.t.Helper()
	return c.ask(&wire.ClientFrame{Read: r}).Refusal.GetReason()
}

const (
	set    = wire.AttributeWrite_SET
	update = wire.AttributeWrite_UPDATE
	del    = wire.AttributeWrite_DELETE
	empty  = wire.AttributeWrite_CLEAR
)

func TestUserAttributes(t *testing.T) {
	engine := newEngine(t)
	near, far := newHouse(t, engine), newHouse(t, engine)
	ada, bob := near.login("ada"), far.login("bob")
	of := func(uid string, keys ...string) *wire.AttributeRead { return &wire.AttributeRead{Uid: uid, Key: keys} }
	assert.Empty(t, bob.readAttributes(of("ada")))
	ada.writeAttributes(&wire.AttributeWrite{Op: set, Attribute: attributes("a", "1", "b", "2", "a", "3")})
	assert.Equal(t, []string{"a=3", "b=2"}, bob.readAttributes(of("ada")))
	assert.Equal(t, []string{"a=3", "b=2"}, ada.readAttributes(of("ada")), "one's own")
	ada.writeAttributes(&wire.AttributeWrite{Op: update, Attribute: attributes("c", "4", "a", "5")})
	assert.Equal(t, []string{"a=5", "b=2", "c=4"}, bob.readAttributes(of("ada")))
	assert.Equal(t, []string{"a=5", "c=4"}, bob.readAttributes(of("ada", "c", "nothing", "a")))
	ada.writeAttributes(&wire.AttributeWrite{Op: del, Attribute: attributes("b", "", "nothing", "")})
	assert.Equal(t, []string{"a=5", "c=4"}, bob.readAttributes(of("ada")))
	ada.writeAttributes(&wire.AttributeWrite{Op: set, Attribute: attributes("d", "6")})
	assert.Equal(t, []string{"d=6"}, bob.readAttributes(of("ada")))
	f := bob.ask(&wire.ClientFrame{Read: of("ada")})
	assert.Equal(t, &wire.Attribute{Key: "d", Value: "6"}, f.Attributes.Attribute[0], "nobody else writes, so no writer")
	ada.writeAttributes(&wire.AttributeWrite{Op: empty})
	assert.Empty(t, bob.readAttributes(of("ada")))
	bob.nothingPushed()
}

func TestUserAttributesEndWithTheSession(t *testing.T) {
	t.Parallel()
	engine := newEngine(t)
	short := withTimes(session.Times{SessionTimeout: timeToReturn})
	near, far := newHouse(t, engine, short), newHouse(t, engine, short)
	bob := far.login("bob")
	of := &wire.AttributeRead{Uid: "ada"}
	write := func(c *client) { c.writeAttributes(&wire.AttributeWrite{Op: set, Attribute: attributes("a", "1")}) }
	assert.Equal(t, wire.Refusal_NOT_FOUND, bob.readRefusal(of))

	ada := near.login("ada")
	write(ada)
	ada.cut()
	ada = near.resume(ada)
	require.True(t, ada.welcome.Resumed)
	assert.Equal(t, []string{"a=1"}, bob.readAttributes(of), "the same session")
	ada = far.login("ada")
	assert.Empty(t, bob.readAttributes(of), "another session of hers")
	write(ada)
	ada.send(&wire.ClientFrame{Bye: &wire.Bye{}})
	ada.closeCode()
	require.Eventually(t, func() bool { return bob.readRefusal(of) == wire.Refusal_NOT_FOUND }, waitLimit, 200*time.Millisecond)

	ada = near.login("ada")
	assert.Empty(t, bob.readAttributes(of))
	write(ada)
	ada.cut()
	require.Eventually(t, func() bool { return bob.readRefusal(of) == wire.Refusal_NOT_FOUND }, waitLimit, 200*time.Millisecond)
}

func TestChannelAttributes(t *testing.T) {
	engine := newEngine(t)
	near, far := newHouse(t, engine), newHouse(t, engine)
	ada, bob, eve := near.login("ada"), far.login("bob"), far.login("eve")
	other := far.loginTo(appB, "bob")
	bob.join("room")
	of := &wire.AttributeRead{Channel: "room"}
	assert.Empty(t, bob.readAttributes(of))
	before := time.Now().UnixMilli()
	ada.writeAttributes(&wire.AttributeWrite{Op: set, Channel: "room", Attribute: attributes("topic", "cats", "x", "1")})
	eve.writeAttributes(&wire.AttributeWrite{Op: update, Channel: "room", Attribute: attributes("topic", "dogs")})
	bob.nothingPushed()
	f := bob.ask(&wire.ClientFrame{Read: of})
	require.Len(t, f.Attributes.Attribute, 2)
	topic, x := f.Attributes.Attribute[0], f.Attributes.Attribute[1]
	assert.Equal(t, []string{"topic", "dogs", "eve"}, []string{topic.Key, topic.Value, topic.Writer})
	assert.Equal(t, []string{"x", "1", "ada"}, []string{x.Key, x.Value, x.Writer})
	assert.GreaterOrEqual(t, x.WrittenMs, before)
	assert.GreaterOrEqual(t, topic.WrittenMs, x.WrittenMs)
	assert.Equal(t, []string{"x=1"}, bob.readAttributes(&wire.AttributeRead{Channel: "room", Key: []string{"x", "y"}}))
	assert.Empty(t, other.readAttributes(of), "another app's room")

	ada.writeAttributes(&wire.AttributeWrite{Op: del, Channel: "room", Attribute: attributes("x", ""), Notify: true})
	f = bob.next()
	require.NotNil(t, f.Attributes, "got %v", f)
	assert.NotZero(t, f.Seq)
	assert.Equal(t, "room", f.Attributes.Channel)
	assert.Equal(t, []*wire.Attribute{topic}, f.Attributes.Attribute, "all of them, not what changed")
	bob.writeAttributes(&wire.AttributeWrite{Op: empty, Channel: "room", Notify: true})
	f = bob.next()
	require.NotNil(t, f.Attributes, "the writer is told too; got %v", f)
	assert.Empty(t, f.Attributes.Attribute)
	ada.nothingPushed()
	eve.nothingPushed()
}

// Of writers of different keys at the same time, on two gateways, none loses; and what a
// member sees last is what there is.
func TestConcurrentChannelWriters(t *testing.T) {
	engine := newEngine(t)
	houses := []*house{newHouse(t, engine), newHouse(t, engine)}
	member := houses[0].login("member")
	member.join("room")
	var all sync.WaitGroup
	const writers, writes = 4, 5
	for w := range writers {
		c := houses[w%2].login(fmt.Sprint("writer", w))
		all.Go(func() {
			for i := range writes {
				c.writeAttributes(&wire.AttributeWrite{Op: update, Channel: "room", Notify: true, Attribute: attributes(fmt.Sprint(w, "-", i), "x")})
			}
		})
	}
	all.Wait()
	now := member.readAttributes(&wire.AttributeRead{Channel: "room"})
	assert.Len(t, now, writers*writes)
	var last []string
	for len(last) < len(now) {
		f := member.next()
		require.NotNil(t, f.Attributes)
		require.Greater(t, len(f.Attributes.Attribute), len(last), "never an older state")
		last = flat(f.Attributes)
	}
	assert.Equal(t, now, last)
}

// A member who was away learns what the attributes are now, in its place among the
// messages.
func TestAttributesAfterAResume(t *testing.T) {
	h := newHouse(t, nil)
	ada, bob := h.login("ada"), h.login("bob")
	bob.join("room")
	ada.join("room")
	require.True(t, bob.change().Joined)
	bob.cut()
	for _, value := range []string{"1", "2", "3"} {
		ada.writeAttributes(&wire.AttributeWrite{Op: set, Channel: "room", Notify: true, Attribute: attributes("a", value)})
	}
	require.NotNil(t, ada.ask(toChannel("room", "after")).Sent)
	bob = h.resume(bob)
	require.True(t, bob.welcome.Resumed)
	var seen []string
	for len(seen) == 0 || seen[len(seen)-1] != "after" {
		if f := bob.next(); f.Attributes != nil {
			seen = append(seen, flat(f.Attributes)...)
		} else {
			seen = append(seen, f.Delivery.Message.Text)
		}
	}
	require.GreaterOrEqual(t, len(seen), 2)
	assert.Equal(t, "a=3", seen[len(seen)-2])
	bob.nothingPushed()
}

func TestAttributeRefusals(t *testing.T) {
	h := newHouse(t, nil)
	long := strings.Repeat("k", core.MaxAttributeKeyBytes+1)
	large := strings.Repeat("v", core.MaxAttributeValueBytes)
	many := func(n int) (out []*wire.Attribute) {
		for i := range n {
			out = append(out, &wire.Attribute{Key: fmt.Sprint(i), Value: "v"})
		}
		return out
	}
	const ok = wire.Refusal_UNKNOWN
	for i, c := range []struct {
		write *wire.AttributeWrite
		want  wire.Refusal_Reason
	}{
		{&wire.AttributeWrite{Op: set, Channel: "a/b", Attribute: attributes("a", "1")}, wire.Refusal_INVALID_ID},
		{&wire.AttributeWrite{Op: 9, Attribute: attributes("a", "1")}, wire.Refusal_BAD_REQUEST},
		{&wire.AttributeWrite{Op: set}, wire.Refusal_BAD_REQUEST},
		{&wire.AttributeWrite{Op: update}, wire.Refusal_BAD_REQUEST},
		{&wire.AttributeWrite{Op: del}, wire.Refusal_BAD_REQUEST},
		{&wire.AttributeWrite{Op: set, Attribute: attributes("", "1")}, wire.Refusal_BAD_REQUEST},
		{&wire.AttributeWrite{Op: del, Attribute: attributes("", "")}, wire.Refusal_BAD_REQUEST},
		{&wire.AttributeWrite{Op: set, Attribute: attributes("\xff", "1")}, wire.Refusal_BAD_REQUEST},
		{&wire.AttributeWrite{Op: set, Attribute: attributes(long, "1")}, wire.Refusal_BAD_REQUEST},
		{&wire.AttributeWrite{Op: del, Attribute: attributes(long, "")}, ok},
		{&wire.AttributeWrite{Op: set, Attribute: attributes("a", "")}, wire.Refusal_BAD_REQUEST},
		{&wire.AttributeWrite{Op: set, Attribute: attributes("a", "\xff")}, wire.Refusal_BAD_REQUEST},
		{&wire.AttributeWrite{Op: set, Attribute: attributes("a", large+"v")}, wire.Refusal_TOO_LARGE},
		{&wire.AttributeWrite{Op: set, Attribute: many(33)}, wire.Refusal_LIMIT},
		{&wire.AttributeWrite{Op: set, Attribute: many(32)}, ok},
		{&wire.AttributeWrite{Op: set, Attribute: attributes("a", large, "b", large[2:])}, ok},
		{&wire.AttributeWrite{Op: set, Attribute: attributes("a", large, "b", large[1:])}, wire.Refusal_TOO_LARGE},
		{&wire.AttributeWrite{Op: set, Channel: "c", Attribute: attributes("a", large, "b", large, "c", large, "d", large[4:])}, ok},
		{&wire.AttributeWrite{Op: set, Channel: "c", Attribute: attributes("a", large, "b", large, "c", large, "d", large[3:])}, wire.Refusal_TOO_LARGE},
		{&wire.AttributeWrite{Op: empty, Channel: "c"}, ok},
	} {
		var got wire.Refusal_Reason
		if refusal := h.login(fmt.Sprint("u", i)).tryWrite(c.write); refusal != nil {
			got = refusal.Reason
		}
		assert.Equal(t, c.want, got, "%d: %v", i, c.write.Op)
	}
	ada := h.login("ada")
	ada.writeAttributes(&wire.AttributeWrite{Op: set, Attribute: many(32)})
	assert.Equal(t, wire.Refusal_LIMIT, ada.tryWrite(&wire.AttributeWrite{Op: update, Attribute: attributes("new", "1")}).GetReason())
	assert.Len(t, ada.readAttributes(&wire.AttributeRead{Uid: "ada"}), 32, "nothing has changed")
	ada.writeAttributes(&wire.AttributeWrite{Op: set, Attribute: attributes("a", large)})
	assert.Equal(t, wire.Refusal_TOO_LARGE, ada.tryWrite(&wire.AttributeWrite{Op: update, Attribute: attributes("b", large)}).GetReason())

	assert.Equal(t, wire.Refusal_BAD_REQUEST, ada.readRefusal(&wire.AttributeRead{}))
	assert.Equal(t, wire.Refusal_BAD_REQUEST, ada.readRefusal(&wire.AttributeRead{Uid: "a", Channel: "b"}))
	assert.Equal(t, wire.Refusal_INVALID_ID, ada.readRefusal(&wire.AttributeRead{Uid: "a*"}))
	assert.Equal(t, wire.Refusal_BAD_REQUEST, ada.readRefusal(&wire.AttributeRead{Uid: "ada", Key: make([]string, 33)}))
}

func TestAttributeRates(t *testing.T) {
	h := newHouse(t, nil)
	login := func() *client { return h.login("ada") }
	write := func(channel string) *wire.ClientFrame {
		return &wire.ClientFrame{Write: &wire.AttributeWrite{Op: set, Channel: channel, Attribute: attributes("a", "1")}}
	}
	for _, c := range []struct {
		op    core.Op
		frame func(int) *wire.ClientFrame
	}{
		{core.OpWriteUser, func(int) *wire.ClientFrame { return write("") }},
		{core.OpWriteChannel, func(int) *wire.ClientFrame { return write("room") }},
		{core.OpReadUser, func(int) *wire.ClientFrame { return &wire.ClientFrame{Read: &wire.AttributeRead{Uid: "ada"}} }},
		{core.OpReadChannel, func(int) *wire.ClientFrame { return &wire.ClientFrame{Read: &wire.AttributeRead{Channel: "room"}} }},
	} {
		ada, allowed := h.exceedRate(c.op, login, c.frame)
		for _, id := range allowed {
			require.Nil(t, ada.answer(id).Refusal)
		}
	}
}

// Reads that were unanswered when the connection broke are done again, and not held
// against the rate twice.
func TestReadsRepeatedAfterAResume(t *testing.T) {
	h := newHouse(t, nil)
	ada := h.login("ada")
	ada.writeAttributes(&wire.AttributeWrite{Op: set, Channel: "room", Attribute: attributes("a", "1")})
	first := ada.lastID + 1
	for range 10 {
		ada.readAttributes(&wire.AttributeRead{Channel: "room"})
	}
	ada.cut()
	ada = h.resume(ada)
	for id := first; id < first+10; id++ {
		ada.send(&wire.ClientFrame{Id: id, Read: &wire.AttributeRead{Channel: "room"}})
		f := ada.answer(id)
		require.NotNil(t, f.Attributes, "refused: %v", f.Refusal)
		assert.Equal(t, []string{"a=1"}, flat(f.Attributes))
	}
	ada.writeAttributes(&wire.AttributeWrite{Op: empty})
}
