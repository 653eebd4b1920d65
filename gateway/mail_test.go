package gateway_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway/natsengine"
	"rtmwasm/gateway/session"
)

// kept is a message for a peer that is to be kept when he is not there.
func kept(peer, s string) *wire.ClientFrame {
	f := toPeer(peer, s)
	f.Send.Offline = true
	return f
}

// leaveFor sends messages to a peer who is not there.
func (c *client) leaveFor(peer string, texts ...string) {
	c.t.Helper()
	for _, text := range texts {
		f := c.ask(kept(peer, text))
		require.NotNil(c.t, f.Sent, "refused: %v", f.Refusal)
		require.False(c.t, f.Sent.Received)
	}
}

func TestOfflineMessagesComeWithTheLogin(t *testing.T) {
	h := newHouse(t, nil)
	ada, eve := h.login("ada"), h.login("eve")
	ada.leaveFor("bob", "one", "two")
	eve.leaveFor("bob", "three")
	assert.False(t, ada.ask(toPeer("bob", "not kept")).Sent.Received)
	file := kept("bob", "")
	file.Send.Message = &wire.Message{Type: wire.Message_FILE, MediaId: "0abc", FileName: "a.txt", Size: 3}
	ada.ask(file)

	bob := h.login("bob")
	for _, want := range []string{"ada one", "ada two", "eve three"} {
		d := bob.delivery()
		assert.Equal(t, want, d.From+" "+d.Message.Text)
		assert.True(t, d.Offline)
		assert.InDelta(t, time.Now().UnixMilli(), d.ServerReceivedMs, 5000)
	}
	assert.Equal(t, file.Send.Message, bob.delivery().Message)
	bob.nothingPushed()

	bob.send(&wire.ClientFrame{Bye: &wire.Bye{}})
	bob.closeCode()
	h.login("bob").nothingPushed()
}

func TestOfflineMessagesComeBeforeLiveOnes(t *testing.T) {
	h := newHouse(t, nil)
	ada := h.login("ada")
	ada.join("room")
	const many = 3 * 16 // several batches
	for i := range many {
		ada.leaveFor("bob", fmt.Sprint(i))
	}
	bob := h.dial()
	bob.noAck = true
	bob.listen()
	bob.send(&wire.ClientFrame{Hello: hello(appA, "bob")})
	bob.next()
	require.Equal(t, "0", bob.delivery().Message.Text) // the rest waits for his acknowledgements
	ada.send(toPeer("bob", "live"))
	ada.members("room")
	bob.noAck = false
	for i := range many - 1 {
		d := bob.delivery()
		require.Equal(t, fmt.Sprint(i+1), d.Message.Text)
		require.True(t, d.Offline)
	}
	assert.Equal(t, "live", bob.delivery().Message.Text)
}

func TestOfflineMessagesThatAreNotAcknowledgedStay(t *testing.T) {
	h := newHouse(t, nil, withTimes(session.Times{SessionTimeout: 50 * time.Millisecond}))
	ada := h.login("ada")
	ada.leaveFor("bob", "one", "two", "three")
	bob := h.dial()
	bob.noAck = true
	bob.listen()
	bob.send(&wire.ClientFrame{Hello: hello(appA, "bob")})
	bob.next()
	assert.Equal(t, "one", bob.delivery().Message.Text)
	bob.send(&wire.ClientFrame{Ack: &wire.Ack{Seq: 1}})
	assert.Equal(t, "two", bob.delivery().Message.Text)
	assert.Equal(t, "three", bob.delivery().Message.Text)
	bob.ask(&wire.ClientFrame{Members: &wire.Members{Channel: "no such"}}) // the Ack came before
	bob.cut()
	require.Eventually(t, func() bool { return !ada.ask(toPeer("bob", "are you there?")).Sent.Received }, waitLimit, 10*time.Millisecond)

	bob = h.login("bob")
	assert.Equal(t, "two", bob.delivery().Message.Text)
	assert.Equal(t, "three", bob.delivery().Message.Text)
}

// A message whose acknowledgement does not come in time is kept, and brought again: its
// number tells the client whether it had it.
func TestOfflineMessageForOneWhoDoesNotAnswer(t *testing.T) {
	h := newHouse(t, nil, withTimes(session.Times{PeerAck: 50 * time.Millisecond}))
	ada, bob := h.login("ada"), h.login("bob")
	ada.send(toPeer("bob", "first"))
	bob.delivery() // live messages wait until the mailbox was read for the first time
	bob.noAck = true
	f := kept("bob", "hi")
	f.Send.Origin, f.Send.Number = 7, 9
	assert.False(t, ada.ask(f).Sent.Received)
	for _, offline := range []bool{false, true} {
		d := bob.delivery()
		assert.Equal(t, "hi", d.Message.Text)
		assert.Equal(t, []uint64{7, 9}, []uint64{d.Origin, d.Number})
		assert.Equal(t, offline, d.Offline)
	}
}

func TestOfflineMessagesAreLimited(t *testing.T) {
	h := newHouse(t, nil)
	senders := []*client{h.login("ada"), h.login("eve")} // two, each below the rate
	long := strings.Repeat("x", core.MaxMessageBytes-4)
	for i := range core.MaxOfflineMessages + 5 {
		senders[i%2].leaveFor("bob", fmt.Sprintf("%04d", i)+long)
	}
	bob := h.login("bob")
	for i := range core.MaxOfflineMessages {
		require.Equal(t, fmt.Sprintf("%04d", i+5), bob.delivery().Message.Text[:4], "the oldest are dropped")
	}
	bob.nothingPushed()
}

func TestOfflineMessagesOutliveTheGateway(t *testing.T) {
	dir := t.TempDir()
	engine, err := natsengine.Open(t.Context(), natsengine.Options{Dir: dir, Logger: quiet})
	require.NoError(t, err)
	t.Run("before", func(t *testing.T) {
		newHouse(t, engine).login("ada").leaveFor("bob", "hi")
	})
	engine.Close()
	engine, err = natsengine.Open(t.Context(), natsengine.Options{Dir: dir, Logger: quiet})
	require.NoError(t, err)
	t.Cleanup(engine.Close)
	assert.Equal(t, "hi", newHouse(t, engine).login("bob").delivery().Message.Text)
}

func TestOfflineMessagesOfOtherApps(t *testing.T) {
	h := newHouse(t, nil)
	h.loginTo(appB, "ada").leaveFor("bob", "of app B")
	h.login("ada").leaveFor("bob", "of app A")
	bob := h.login("bob")
	assert.Equal(t, "of app A", bob.delivery().Message.Text)
	bob.nothingPushed()
}

func TestOfflineMessageFromAnotherGateway(t *testing.T) {
	engine := newEngine(t)
	one, two := newHouse(t, engine), newHouse(t, engine)
	one.login("ada").leaveFor("bob", "hi")
	assert.Equal(t, "hi", two.login("bob").delivery().Message.Text)
}

// A sender over a quota is told so, and once in a while the operator.
func TestOfflineMessagesOverAQuotaAreRefused(t *testing.T) {
	engine, err := natsengine.Open(t.Context(), natsengine.Options{Dir: t.TempDir(), Logger: quiet, UserMail: 2, AppMail: 3})
	require.NoError(t, err)
	t.Cleanup(engine.Close)
	var log logged
	h := newHouse(t, engine, withLog(&log))
	ada, eve := h.login("ada"), h.login("eve")
	ada.leaveFor("bob", "one", "two")
	for range 3 {
		refused := ada.ask(kept("carol", "three")).Refusal
		require.NotNil(t, refused)
		assert.Equal(t, wire.Refusal_LIMIT, refused.Reason)
		assert.Contains(t, refused.Text, "one user")
	}
	eve.leaveFor("bob", "three")
	refused := eve.ask(kept("bob", "four")).Refusal
	require.NotNil(t, refused)
	assert.Contains(t, refused.Text, "one app")
	assert.False(t, eve.ask(toPeer("bob", "not to be kept")).Sent.Received, "other messages go on")
	assert.Len(t, log.lines("an offline message is refused"), 2, "one for each reason")

	bob := h.login("bob")
	for _, want := range []string{"one", "two", "three"} {
		assert.Equal(t, want, bob.delivery().Message.Text)
	}
	bob.nothingPushed()
}
