package coretest

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
)

func peerMessages(t *testing.T, w *world) {
	a, b := w.login(t, "a"), w.login(t, "b")
	for _, m := range []*core.Message{
		text("grüß dich 👋"),
		text(""),
		{Type: wire.Message_RAW, Raw: []byte{0, 1, 255}, Description: "bytes"},
		{Type: wire.Message_FILE, MediaId: "0ab", FileName: "a.pdf", Description: "d", Size: 1 << 24, Thumbnail: []byte("t")},
		{Type: wire.Message_IMAGE, MediaId: "0cd", Width: 4000, Height: 3000, ThumbnailWidth: 40, ThumbnailHeight: 30},
	} {
		before := time.Now().Add(-time.Minute).UnixMilli()
		received, err := a.sendPeer("b", m)
		require.Nil(t, err)
		assert.True(t, received)
		events := b.happened()
		got := events[len(events)-1].Message
		require.NotNil(t, got)
		assert.Equal(t, "a", got.From)
		assert.False(t, got.Offline)
		assert.Greater(t, got.ServerReceivedMs, before)
		want, _ := m.MarshalVT()
		have, _ := got.Message.MarshalVT()
		assert.Equal(t, want, have)
	}
}

func peerAway(t *testing.T, w *world) {
	a := w.login(t, "a")
	received, err := a.sendPeer("nobody", text("hello?"))
	require.Nil(t, err)
	assert.False(t, received)

	_, err = a.sendPeer("no/slash", text("hello?"))
	require.NotNil(t, err)
	assert.Equal(t, core.PeerMessageErrInvalidUserID, err.Code)
}

func keptMessage(t *testing.T, w *world) {
	a := w.login(t, "a")
	o := &core.Outgoing{Message: &core.Message{Type: wire.Message_IMAGE, MediaId: "0cd", Width: 4, Thumbnail: []byte("t")}}
	require.Nil(t, wait(a, func(done func(*core.Error)) {
		a.SendToPeer("b", o, true, func(received bool, err *core.Error) {
			assert.False(t, received)
			done(err)
		})
	}))
	b := w.login(t, "b")
	got := b.await(t, "the kept message", func(e event) bool { return e.Message != nil }).Message
	assert.True(t, got.Offline)
	assert.Equal(t, "a", got.From)
	assert.Equal(t, []byte("t"), got.Message.Thumbnail)
}

func appsApart(t *testing.T, w *world) {
	a := w.login(t, "a")
	other := &world{gateway: w.gateway, transport: w.transport}
	x := other.login(t, "a")
	room, otherRoom := a.join(t, "room"), x.join(t, "room")
	require.Equal(t, core.Connected, a.State(), "the same uid in another app is another user")

	require.Nil(t, x.send(otherRoom, text("from the other app")))
	require.Nil(t, a.send(room, text("from this app")))
	members := wait(a, func(done func([]string)) {
		room.Members(func(uids []string, err *core.Error) { done(uids) })
	})
	assert.Equal(t, []string{"a"}, members)
	for _, e := range a.happened() {
		assert.NotEqual(t, "channel", e.Name)
	}
}

func channelMessages(t *testing.T, w *world) {
	a, b, c := w.login(t, "a"), w.login(t, "b"), w.login(t, "c")
	chA, _ := a.join(t, "room"), b.join(t, "room")
	c.join(t, "elsewhere")

	require.Nil(t, a.send(chA, text("hello room")))
	got := b.awaitText(t, "hello room")
	assert.Equal(t, "channel", got.Name)
	assert.Equal(t, "room", got.Channel)
	assert.Equal(t, "a", got.Who)
	assert.NotZero(t, got.Message.ServerReceivedMs)

	require.Nil(t, wait(a, chA.Leave))
	err := a.send(chA, text("after leaving"))
	require.NotNil(t, err)
	assert.Equal(t, core.ChannelMessageErrNotInChannel, err.Code)
	for _, u := range []*user{a, c} {
		for _, e := range u.happened() {
			assert.NotEqual(t, "channel", e.Name, "%s must hear nothing", u.uid)
		}
	}
}

func membersComeAndGo(t *testing.T, w *world) {
	a, b := w.login(t, "a"), w.login(t, "b")
	chA := a.join(t, "room")
	a.await(t, "a count of 1", func(e event) bool { return e.Name == "count" && e.Count == 1 })
	chB := b.join(t, "room")
	a.await(t, "b joining", func(e event) bool { return e.Name == "joined" && e.Who == "b" })
	a.await(t, "a count of 2", func(e event) bool { return e.Name == "count" && e.Count == 2 })
	members := wait(a, func(done func([]string)) {
		chA.Members(func(uids []string, err *core.Error) { done(uids) })
	})
	assert.ElementsMatch(t, []string{"a", "b"}, members)

	second := b.Channel("room")
	err := wait(b, second.Join)
	require.NotNil(t, err)
	assert.Equal(t, core.JoinChannelErrAlreadyJoinedChannelOfSameID, err.Code)
	err = wait(b, chB.Join)
	require.NotNil(t, err)
	assert.Equal(t, core.JoinChannelErrAlreadyJoined, err.Code)

	require.Nil(t, wait(b, chB.Leave))
	a.await(t, "b leaving", func(e event) bool { return e.Name == "left" && e.Who == "b" })
	require.Nil(t, wait(b, second.Join), "the id is free again")
	b.logout()
	a.await(t, "a count of 1 again", func(e event) bool { return e.Name == "count" && e.Count == 1 })
}

func messageBudget(t *testing.T, w *world) {
	a, _ := w.login(t, "a"), w.login(t, "b")
	exact := text(strings.Repeat("é", core.MaxMessageBytes/2))
	received, err := a.sendPeer("b", exact)
	require.Nil(t, err)
	assert.True(t, received)

	_, err = a.sendPeer("b", text(exact.Text+"x"))
	require.NotNil(t, err)
	assert.Equal(t, core.LimitExceeded, err.Class)
	assert.Equal(t, core.PeerMessageErrInvalidMessage, err.Code)

	_, err = a.sendPeer("b", &core.Message{Type: wire.Message_IMAGE, MediaId: "0", FileName: "f", Thumbnail: make([]byte, core.MaxMessageBytes)})
	require.NotNil(t, err)
	assert.Equal(t, core.InvalidArgument, err.Class)
	assert.Equal(t, core.PeerMessageErrInvalidMessage, err.Code)

	received, err = a.sendPeer("b", text("the connection lives on"))
	require.Nil(t, err)
	assert.True(t, received)
}

func orderKept(t *testing.T, w *world) {
	const n = 60
	a, b := w.login(t, "a"), w.login(t, "b")
	ch := a.join(t, "room")
	b.join(t, "room")
	for i := range n {
		w.transport.Do(func() {
			a.SendToPeer("b", &core.Outgoing{Message: text("p" + strconv.Itoa(i))}, false, func(bool, *core.Error) {})
			ch.Send(&core.Outgoing{Message: text("c" + strconv.Itoa(i))}, func(*core.Error) {})
		})
	}
	b.awaitText(t, "p"+strconv.Itoa(n-1))
	b.awaitText(t, "c"+strconv.Itoa(n-1))
	var peer, channel []string
	for _, e := range b.happened() {
		switch e.Name {
		case "peer":
			peer = append(peer, e.What)
		case "channel":
			channel = append(channel, e.What)
		}
	}
	require.Len(t, peer, n)
	require.Len(t, channel, n)
	for i := range n {
		require.Equal(t, "p"+strconv.Itoa(i), peer[i])
		require.Equal(t, "c"+strconv.Itoa(i), channel[i])
	}
}
