package coretest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
)

func (u *user) writeAttributes(w *wire.AttributeWrite) *core.Error {
	return wait(u, func(done func(*core.Error)) { u.WriteAttributes(w, done) })
}

func (u *user) readAttributes(r *wire.AttributeRead) (list []*core.Attribute, err *core.Error) {
	type outcome struct {
		list []*core.Attribute
		err  *core.Error
	}
	o := wait(u, func(done func(outcome)) {
		u.ReadAttributes(r, func(list []*core.Attribute, err *core.Error) { done(outcome{list, err}) })
	})
	return o.list, o.err
}

func attributesText(list []*core.Attribute) string {
	s := ""
	for _, a := range list {
		s += a.Key + "=" + a.Value + " "
	}
	return s
}

func userAttributes(t *testing.T, w *world) {
	a, b := w.login(t, "a"), w.login(t, "b")
	read := func(of *user, keys ...string) string {
		list, err := of.readAttributes(&wire.AttributeRead{Uid: "a", Key: keys})
		require.Nil(t, err)
		return attributesText(list)
	}
	require.Nil(t, a.writeAttributes(&wire.AttributeWrite{Attribute: []*core.Attribute{{Key: "name", Value: "Ada"}, {Key: "mood", Value: "grüß 👋"}}}))
	assert.Equal(t, "name=Ada mood=grüß 👋 ", read(b))
	assert.Equal(t, "name=Ada ", read(a, "name", "nothing"))
	require.Nil(t, a.writeAttributes(&wire.AttributeWrite{Op: wire.AttributeWrite_CLEAR}))
	assert.Equal(t, "", read(b))

	_, err := b.readAttributes(&wire.AttributeRead{Uid: "nobody"})
	require.NotNil(t, err)
	assert.Equal(t, core.Unavailable, err.Class)
	assert.Equal(t, core.AttributeOperationErrUserNotFound, err.Code)
	err = a.writeAttributes(&wire.AttributeWrite{Attribute: []*core.Attribute{{Key: "empty"}}})
	require.NotNil(t, err)
	assert.Equal(t, core.AttributeOperationErrInvalidArgument, err.Code)
}

func channelAttributes(t *testing.T, w *world) {
	a, b := w.login(t, "a"), w.login(t, "b")
	b.join(t, "room")
	before := time.Now().Add(-time.Minute).UnixMilli()
	write := func(op wire.AttributeWrite_Op, key, value string, notify bool) {
		require.Nil(t, a.writeAttributes(&wire.AttributeWrite{Op: op, Channel: "room", Notify: notify, Attribute: []*core.Attribute{{Key: key, Value: value}}}))
	}
	write(wire.AttributeWrite_SET, "topic", "cats", false)
	write(wire.AttributeWrite_UPDATE, "open", "yes", true)
	got := b.await(t, "attributes", func(e event) bool { return e.Name == "attributes" })
	assert.Equal(t, "room", got.Channel)
	assert.Equal(t, "topic=cats open=yes ", got.What, "and the quiet write before told nothing")
	write(wire.AttributeWrite_DELETE, "topic", "", false)
	list, err := b.readAttributes(&wire.AttributeRead{Channel: "room"})
	require.Nil(t, err)
	require.Len(t, list, 1)
	assert.Equal(t, "a", list[0].Writer)
	assert.Greater(t, list[0].WrittenMs, before)
	list, err = b.readAttributes(&wire.AttributeRead{Channel: "unknown"})
	require.Nil(t, err)
	assert.Empty(t, list)
}
