package core

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"rtmwasm/core/wire"
)

const (
	badMap   = "RtmInvalidArgumentError 3"
	badKeys  = "RtmInvalidStatusError 3"
	overSize = "RtmLimitExceededError 4"
	noLogin  = "RtmInvalidStatusError 102"
	asked    = "asked"
)

// attributeOutcome is how a call ends that never reaches the gateway, or "asked".
func (w *world) attributeOutcome(call func(done func(*Error))) string {
	call(w.promise("call"))
	log := w.taken()
	if len(log) == 0 {
		return asked
	}
	return strings.TrimPrefix(log[0], "call: ")
}

// parts are attributes of these lengths: key, value, key, value …
func parts(lengths ...int) (out []*Attribute) {
	for i := 0; i < len(lengths); i += 2 {
		out = append(out, &Attribute{Key: strings.Repeat("k", lengths[i]), Value: strings.Repeat("v", lengths[i+1])})
	}
	return out
}

func manyAttributes(n int) (out []*Attribute) {
	for range n {
		out = append(out, parts(1, 1)...)
	}
	return out
}

// The checks of maps are in the order of API 10.1, and before that of the login.
func TestAttributeMaps(t *testing.T) {
	for i, c := range []struct {
		list          []*Attribute
		user, channel string
	}{
		{nil, badMap, badMap},
		{manyAttributes(32), asked, asked},
		{manyAttributes(33), overSize, overSize},
		{append(manyAttributes(33), parts(0, 1)...), overSize, overSize},
		{parts(0, 1), badMap, badMap},
		{parts(32, 1), asked, asked},
		{parts(33, 1), badMap, badMap},
		{attributes(strings.Repeat("ä", 16) + "=v"), asked, asked},
		{attributes(strings.Repeat("ä", 17) + "=v"), badMap, badMap},
		{parts(33, 8193), badMap, badMap},
		{parts(1, 0), badMap, badMap},
		{parts(1, 8192), asked, asked},
		{parts(1, 8193), overSize, overSize},
		{attributes("k=" + strings.Repeat("ä", 4096)), asked, asked},
		{attributes("k=" + strings.Repeat("ä", 4097)), overSize, overSize},
		{parts(1, 8193, 1, 0), overSize, overSize},
		{parts(1, 0, 1, 8193), badMap, badMap},
		{parts(1, 8192, 1, 8190), asked, asked},
		{parts(1, 8192, 1, 8191), overSize, asked},
		{parts(1, 8192, 1, 8192, 1, 0), badMap, badMap},
		{parts(1, 8192, 1, 8192, 1, 8192, 1, 8188), overSize, asked},
		{parts(1, 8192, 1, 8192, 1, 8192, 1, 8189), overSize, overSize},
	} {
		for _, op := range []wire.AttributeWrite_Op{setOp, updateOp} {
			for channel, want := range map[string]string{"": c.user, "room": c.channel} {
				name := fmt.Sprintf("%d %v %q", i, op, channel)
				write := func(w *world) string {
					return w.attributeOutcome(func(done func(*Error)) {
						w.WriteAttributes(&wire.AttributeWrite{Op: op, Channel: channel, Attribute: c.list}, done)
					})
				}
				inSession(t, func(w *world) { assert.Equal(t, want, write(w), name) })
				if want == asked {
					want = noLogin
				}
				inWorld(t, func(w *world) { assert.Equal(t, want, write(w), name+" without a login") })
			}
		}
	}
}

// Whether the arguments or the login are checked first differs.
func TestAttributeArguments(t *testing.T) {
	write := func(op wire.AttributeWrite_Op, channel string, list ...*Attribute) func(*world, func(*Error)) {
		return func(w *world, done func(*Error)) {
			w.WriteAttributes(&wire.AttributeWrite{Op: op, Channel: channel, Attribute: list}, done)
		}
	}
	read := func(uid, channel string, keys ...string) func(*world, func(*Error)) {
		return func(w *world, done func(*Error)) {
			w.ReadAttributes(&wire.AttributeRead{Uid: uid, Channel: channel, Key: keys}, func(_ []*Attribute, err *Error) { done(err) })
		}
	}
	many := strings.Split(strings.Repeat("a", 33), "")
	for i, c := range []struct {
		call           func(*world, func(*Error))
		online, others string
	}{
		{write(deleteOp, "", attributes("a")...), asked, noLogin},
		{write(deleteOp, "", parts(1000, 0)...), asked, noLogin},
		{write(deleteOp, "", parts(50000, 0)...), overSize, noLogin},
		{write(deleteOp, "", manyAttributes(40)...), asked, noLogin},
		{write(deleteOp, ""), badKeys, badKeys},
		{write(deleteOp, "", parts(1, 0, 0, 0)...), badKeys, badKeys},
		{write(deleteOp, "room", parts(512, 0)...), asked, noLogin},
		{write(deleteOp, "room", attributes(strings.Repeat("ä", 512))...), asked, noLogin},
		{write(deleteOp, "room", parts(513, 0)...), badKeys, badKeys},
		{write(deleteOp, "room"), badKeys, badKeys},
		{write(deleteOp, "a/b", attributes("a")...), badKeys, badKeys},
		{write(clearOp, ""), asked, noLogin},
		{write(clearOp, "room"), asked, noLogin},
		{write(clearOp, "null"), badMap, noLogin},
		{write(setOp, "null", parts(1, 1)...), badMap, badMap},
		{write(updateOp, "a/b", manyAttributes(33)...), badMap, badMap},
		{read("bob", ""), asked, noLogin},
		{read("a/b", ""), badMap, badMap},
		{read("", "room"), asked, noLogin},
		{read("", "null"), badMap, badMap},
		{read("bob", "", "a"), asked, noLogin},
		{read("bob", "", many[:32]...), asked, noLogin},
		{read("bob", "", many...), badMap, noLogin},
		{read("bob", "", strings.Repeat("ä", 32)), asked, noLogin},
		{read("bob", "", strings.Repeat("k", 33)), badMap, noLogin},
		{read("bob", "", strings.Repeat("k", 50000)), badMap, noLogin},
		{read("bob", "", ""), badMap, noLogin},
		{read("null", "", "a"), badMap, noLogin},
		{read("", "room", "a"), asked, noLogin},
		{read("", "room", "a", ""), badMap, noLogin},
	} {
		ends := func(w *world) string { return w.attributeOutcome(func(done func(*Error)) { c.call(w, done) }) }
		inSession(t, func(w *world) { assert.Equal(t, c.online, ends(w), i) })
		inWorld(t, func(w *world) { assert.Equal(t, c.others, ends(w), "%d without a login", i) })
		inSession(t, func(w *world) {
			w.interrupt()
			w.forget()
			assert.Equal(t, c.others, ends(w), "%d while reconnecting", i)
		})
	}
}
