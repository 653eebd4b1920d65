package gateway_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
	"rtmwasm/gateway"
)

// A client comes back at another gateway than the one that has its session: that goes with
// it, and the others see nothing of it.
func TestSessionGoesToAnotherGateway(t *testing.T) {
	p := newPair(t)
	ada, bob := p.near.login("ada"), p.far.login("bob")
	ada.presence(subscribe, "bob", "eve")
	bob.presence(subscribe, "ada")
	bob.join("room")
	ada.join("room")
	assertChange(t, bob.change(), "ada", true, 2)
	write := &wire.AttributeWrite{Attribute: []*wire.Attribute{{Key: "k", Value: "v"}}}
	require.NotNil(t, ada.ask(&wire.ClientFrame{Write: write}).Done)

	ada.noAck = true
	bob.send(&wire.ClientFrame{Id: 101, Send: toPeer("ada", "seen, not acknowledged").Send})
	require.Equal(t, "seen, not acknowledged", ada.delivery().Message.Text)
	ada.cut()
	bob.send(&wire.ClientFrame{Id: 102, Send: toPeer("ada", "one").Send})
	bob.send(&wire.ClientFrame{Id: 103, Send: toPeer("ada", "two").Send})
	bob.lastID = 103
	bob.ask(toChannel("room", "three"))
	eve := p.near.login("eve")
	eve.join("room")
	assertChange(t, bob.change(), "eve", true, 3)

	lastSeen := ada.lastSeq
	back := p.far.resume(ada)
	require.True(t, back.welcome.Resumed)
	assert.Equal(t, ada.welcome.SessionId, back.welcome.SessionId)
	var got []string
	for i := range uint64(5) {
		f := back.next()
		assert.Equal(t, lastSeen+1+i, f.Seq)
		got = append(got, told(f))
	}
	assert.ElementsMatch(t, []string{"one", "two", "three", "+eve 3", "eve ONLINE"}, got)
	assert.Less(t, strings.Index(fmt.Sprint(got), "one"), strings.Index(fmt.Sprint(got), "two"))
	for _, id := range []uint32{101, 102, 103} {
		assert.True(t, bob.answer(id).Sent.Received, "request %d", id)
	}

	bob.ask(toChannel("room", "live"))
	assert.Equal(t, "live", back.delivery().Message.Text)
	bob.lastID++
	bob.send(&wire.ClientFrame{Id: bob.lastID, Send: toPeer("ada", "hi").Send})
	assert.Equal(t, "hi", back.delivery().Message.Text)
	assert.True(t, bob.answer(bob.lastID).Sent.Received)
	assert.ElementsMatch(t, []string{"ada", "bob", "eve"}, back.members("room"), "still joined")
	read := bob.ask(&wire.ClientFrame{Read: &wire.AttributeRead{Uid: "ada"}})
	assert.Equal(t, "v", read.Attributes.GetAttribute()[0].Value)
	_, err := p.near.server.Authenticate(t.Context(), ada.welcome.Credential)
	require.NoError(t, err, "the credential of uploads stays good")
	bob.nothingPushed()
	back.nothingPushed()

	eve.send(&wire.ClientFrame{Bye: &wire.Bye{}})
	assert.ElementsMatch(t, []string{"-eve 2", "eve OFFLINE"}, []string{told(back.next()), told(back.next())})
	assertChange(t, bob.change(), "eve", false, 2)
	back.send(&wire.ClientFrame{Bye: &wire.Bye{}})
	assert.ElementsMatch(t, []string{"-ada 1", "ada OFFLINE"}, []string{told(bob.next()), told(bob.next())})
}

// told is a push in few words.
func told(f *wire.ServerFrame) string {
	switch {
	case f.Delivery != nil:
		return f.Delivery.Message.Text
	case f.MemberChange != nil && f.MemberChange.Joined:
		return fmt.Sprint("+", f.MemberChange.Uid, " ", f.MemberChange.MemberCount)
	case f.MemberChange != nil:
		return fmt.Sprint("-", f.MemberChange.Uid, " ", f.MemberChange.MemberCount)
	case f.Presence != nil:
		p := f.Presence.Presence[0]
		return fmt.Sprint(p.Uid, " ", p.State)
	}
	return fmt.Sprint(*f)
}

// A client goes to and fro between gateways while others talk to it: all comes once and in
// order, and is received.
func TestSessionGoesToAndFro(t *testing.T) {
	p := newPair(t)
	houses := []*house{p.near, p.far}
	ada, bob := p.near.login("ada"), p.far.login("bob")
	bob.join("room")
	ada.join("room")
	assertChange(t, bob.change(), "ada", true, 2)
	const moves, each = 8, 6
	last := map[string]uint64{}
	number := uint64(0)
	first := bob.lastID + 1
	for i := range moves {
		for n := range each {
			number++
			for _, f := range []*wire.ClientFrame{toPeer("ada", ""), toChannel("room", "")} {
				bob.lastID++
				f.Id, f.Send.Number, f.Send.Origin = bob.lastID, number, 1
				bob.send(f)
			}
			if n == each/2 {
				if i%2 == 0 {
					ada.cut()
				}
				ada = houses[(i+1)%2].resume(ada)
				require.True(t, ada.welcome.Resumed, "move %d", i)
			}
		}
		for last["peer "] < number || last["room room"] < number {
			d := ada.next().Delivery
			if d == nil { // Joined once more
				continue
			}
			key := "room " + d.Channel
			if d.Channel == "" {
				key = "peer "
			}
			if d.Number > last[key] { // a channel message may come again, see Delivery.number
				require.Equal(t, last[key]+1, d.Number, key)
				last[key] = d.Number
			}
		}
	}
	for id := first; id <= bob.lastID; id += 2 {
		assert.True(t, bob.answer(id).Sent.Received, "request %d", id)
	}
	for id := first + 1; id <= bob.lastID; id += 2 {
		require.NotNil(t, bob.answer(id).Sent)
	}
	bob.nothingPushed()
}

// Requests are done once, whichever gateway answers them.
func TestRequestsAcrossGateways(t *testing.T) {
	p := newPair(t)
	ada, bob := p.near.login("ada"), p.far.login("bob")
	ask := func(c *client, id uint32) {
		f := toPeer("bob", fmt.Sprint(id))
		f.Id = id
		c.send(f)
	}
	ask(ada, 1)
	require.Equal(t, "1", bob.delivery().Message.Text)
	assert.True(t, ada.answer(1).Sent.Received)
	bob.noAck = true
	ask(ada, 2) // is under way when ada goes
	require.Equal(t, "2", bob.delivery().Message.Text)

	back := p.far.resume(ada)
	require.True(t, back.welcome.Resumed)
	ask(back, 1)
	assert.True(t, back.answer(1).Sent.Received, "answered again, not done")
	ask(back, 2)
	assert.Equal(t, "2", bob.delivery().Message.Text, "done again: its answer is lost")
	bob.noAck = false
	ask(back, 3)
	assert.Equal(t, "3", bob.delivery().Message.Text)
	assert.True(t, back.answer(2).Sent.Received)
	assert.True(t, back.answer(3).Sent.Received)
}

// Offline messages that were on their way come once, and leave the mailbox.
func TestMailAcrossGateways(t *testing.T) {
	p := newPair(t)
	bob := p.far.login("bob")
	const n = 20 // more than are on their way at a time
	for i := range n {
		f := toPeer("ada", fmt.Sprint(i))
		f.Send.Offline = true
		require.False(t, bob.ask(f).Sent.Received)
	}
	ada, welcome := p.near.knock(hello(appA, "ada"))
	require.NotNil(t, welcome.Welcome)
	ada.noAck = true
	for i := range 3 {
		assert.Equal(t, fmt.Sprint(i), ada.delivery().Message.Text)
	}
	ada.cut()
	back := p.far.resume(ada)
	require.True(t, back.welcome.Resumed)
	for i := 3; i < n; i++ {
		d := back.delivery()
		assert.Equal(t, fmt.Sprint(i), d.Message.Text)
		assert.True(t, d.Offline)
	}
	back.nothingPushed()
	require.Eventually(t, func() bool {
		again := p.near.login("ada")
		defer again.cut()
		return again.ask(&wire.ClientFrame{Members: &wire.Members{Channel: "none"}}).Refusal != nil && len(again.stash) == 0
	}, waitLimit, 100*time.Millisecond, "the mailbox is empty")
}

// A login displaces a session wherever it went, and one that expires there is over.
func TestEndOfASessionThatMoved(t *testing.T) {
	p := newPair(t, withTimes(gateway.Times{SessionTimeout: 500 * time.Millisecond}))
	ada, bob := p.near.login("ada"), p.far.login("bob")
	bob.join("room")
	ada.join("room")
	assertChange(t, bob.change(), "ada", true, 2)
	ada = p.far.resume(ada)
	require.True(t, ada.welcome.Resumed)
	bob.nothingPushed()
	again := p.near.login("ada")
	assert.Equal(t, wire.CloseRemoteLogin, ada.closeCode())
	assertChange(t, bob.change(), "ada", false, 1)

	again.join("room")
	assertChange(t, bob.change(), "ada", true, 2)
	again = p.far.resume(again)
	require.True(t, again.welcome.Resumed)
	again.cut()
	assertChange(t, bob.change(), "ada", false, 1)
	assert.False(t, p.near.resume(again).welcome.Resumed, "too late")
}
