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
	"rtmwasm/gateway/session"
)

func TestPeerMessage(t *testing.T) {
	h := newHouse(t, nil)
	ada, bob := h.login("ada"), h.login("bob")
	file := &wire.Message{Type: wire.Message_FILE, MediaId: "0abc", FileName: "a.txt", Size: 3, Thumbnail: []byte{1}}
	request := &wire.ClientFrame{Id: 1, Send: &wire.Send{Peer: "bob", Message: file}}
	before := time.Now().UnixMilli()
	ada.send(request)
	got := bob.delivery()
	assert.Equal(t, "ada", got.From)
	assert.Empty(t, got.Channel)
	assert.GreaterOrEqual(t, got.ServerReceivedMs, before)
	assert.LessOrEqual(t, got.ServerReceivedMs, time.Now().UnixMilli())
	assert.Equal(t, file, got.Message)
	assert.True(t, ada.answer(1).Sent.Received)
}

func TestPeerIsNotThere(t *testing.T) {
	h := newHouse(t, nil, withTimes(session.Times{PeerAck: time.Hour})) // not waited for
	ada := h.login("ada")
	assert.False(t, ada.ask(toPeer("bob", "hi")).Sent.Received)
	assert.False(t, ada.ask(toPeer("ada", "hi")).Sent.Received, "oneself")
	offline := toPeer("bob", "hi")
	offline.Send.Offline = true
	assert.False(t, ada.ask(offline).Sent.Received)
	assert.Empty(t, ada.stash)
}

func TestPeerDoesNotAcknowledge(t *testing.T) {
	h := newHouse(t, nil, withTimes(session.Times{PeerAck: 100 * time.Millisecond}))
	ada, bob := h.login("ada"), h.login("bob")
	bob.noAck = true
	assert.False(t, ada.ask(toPeer("bob", "hi")).Sent.Received)
	assert.Equal(t, "hi", bob.delivery().Message.Text, "delivered all the same")
}

func TestAcknowledgementIsCumulative(t *testing.T) {
	h := newHouse(t, nil)
	ada, bob := h.login("ada"), h.login("bob")
	bob.noAck = true
	for i := range uint32(3) {
		f := toPeer("bob", "hi")
		f.Id = i + 1
		ada.send(f)
		bob.delivery()
	}
	bob.ack()
	for i := range uint32(3) {
		assert.True(t, ada.answer(i+1).Sent.Received)
	}
}

func TestOddIDsReachTheirPeers(t *testing.T) {
	h := newHouse(t, nil)
	ada := h.login("ada")
	for _, uid := range []string{"a.b", ">", "a b", "\u2003", strings.Repeat("\u2003", 64), "Ada", "-_=/"[:3], "$G.>"} {
		peer := h.login(uid)
		ada.lastID++
		f := toPeer(uid, uid)
		f.Id = ada.lastID
		ada.send(f)
		assert.Equal(t, uid, peer.delivery().Message.Text)
		assert.True(t, ada.answer(f.Id).Sent.Received)
		assert.Equal(t, 1, peer.join(uid))
	}
}

// Several senders at once, to a peer and a channel, from two gateways: each sender's
// order stays.
func TestOrderUnderConcurrency(t *testing.T) {
	engine := newEngine(t)
	near, far := newHouse(t, engine), newHouse(t, engine)
	receiver := near.login("receiver")
	receiver.join("room")
	const senders, each = 4, 80
	for i := range senders {
		c := []*house{near, far}[i%2].login(fmt.Sprint("sender", i))
		c.join("room")
		go func() {
			for n := range each {
				f := toChannel("room", fmt.Sprint(n))
				if n%2 == 0 {
					f = toPeer("receiver", fmt.Sprint(n))
				}
				f.Id = uint32(n + 2)
				_ = c.write(f)
			}
		}()
	}
	next := map[string]int{}
	for total := 0; total < senders*each; {
		f := receiver.next()
		if f.Delivery == nil {
			continue
		}
		total++
		d := f.Delivery
		stream := d.From + "/" + d.Channel
		n := next[stream]
		if n == 0 && d.Channel != "" {
			n = 1
		}
		require.Equal(t, fmt.Sprint(n), d.Message.Text, "%s", stream)
		next[stream] = n + 2
	}
}

func TestMessagesRefused(t *testing.T) {
	h := newHouse(t, nil)
	ada, bob := h.login("ada"), h.login("bob")
	full := strings.Repeat("x", core.MaxMessageBytes)
	for _, test := range []struct {
		name   string
		send   *wire.Send
		reason wire.Refusal_Reason
	}{
		{"no target", &wire.Send{Message: text("x")}, wire.Refusal_BAD_REQUEST},
		{"two targets", &wire.Send{Peer: "bob", Channel: "room", Message: text("x")}, wire.Refusal_BAD_REQUEST},
		{"no message", &wire.Send{Peer: "bob"}, wire.Refusal_BAD_REQUEST},
		{"bad peer", &wire.Send{Peer: "b*b", Message: text("x")}, wire.Refusal_INVALID_ID},
		{"bad channel", &wire.Send{Channel: strings.Repeat("x", 65), Message: text("x")}, wire.Refusal_INVALID_ID},
		{"not joined", &wire.Send{Channel: "room", Message: text("x")}, wire.Refusal_NOT_JOINED},
		{"no type", &wire.Send{Peer: "bob", Message: &wire.Message{Text: "x"}}, wire.Refusal_BAD_REQUEST},
		{"unknown type", &wire.Send{Peer: "bob", Message: &wire.Message{Type: 9}}, wire.Refusal_BAD_REQUEST},
		{"image without id", &wire.Send{Peer: "bob", Message: &wire.Message{Type: wire.Message_IMAGE}}, wire.Refusal_BAD_REQUEST},
		{"file without id", &wire.Send{Peer: "bob", Message: &wire.Message{Type: wire.Message_FILE}}, wire.Refusal_BAD_REQUEST},
		{"not UTF-8", &wire.Send{Peer: "bob", Message: text("\xff")}, wire.Refusal_BAD_REQUEST},
		{"text over", &wire.Send{Peer: "bob", Message: text(full + "x")}, wire.Refusal_TOO_LARGE},
		{"raw and description over", &wire.Send{Peer: "bob", Message: &wire.Message{Type: wire.Message_RAW, Raw: []byte(full), Description: "x"}}, wire.Refusal_TOO_LARGE},
		{"thumbnail and name over", &wire.Send{Peer: "bob", Message: &wire.Message{Type: wire.Message_FILE, MediaId: "0", Thumbnail: []byte(full), FileName: "x"}}, wire.Refusal_TOO_LARGE},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := ada.ask(&wire.ClientFrame{Send: test.send})
			require.NotNil(t, f.Refusal)
			assert.Equal(t, test.reason, f.Refusal.Reason)
		})
	}
	bob.nothingPushed()
	ada.lastID++
	exact := toPeer("bob", full)
	exact.Id = ada.lastID
	ada.send(exact)
	assert.Equal(t, full, bob.delivery().Message.Text)
	assert.True(t, ada.answer(exact.Id).Sent.Received)
}

// requireSendRate checks that a client may send as many of these frames as core.Rates allows and no more, and returns
// that client.
func (h *house) requireSendRate(frame func(i int) *wire.ClientFrame) *client {
	h.t.Helper()
	ada, allowed := h.exceedRate(core.OpSend, func() *client { return h.login("ada") }, frame)
	for _, id := range allowed {
		require.NotNil(h.t, ada.answer(id).Sent)
	}
	return ada
}

func TestSendRate(t *testing.T) {
	h := newHouse(t, nil)
	ada := h.requireSendRate(func(int) *wire.ClientFrame { return toPeer("nobody", "x") })

	back := h.resume(ada) // what was sent while the connection was dying is let through
	for id := range uint32(core.SendRate) {
		f := toPeer("nobody", "x")
		f.Id = core.SendRate + 2 + id
		back.send(f)
	}
	for id := range uint32(core.SendRate) {
		require.NotNil(t, back.answer(core.SendRate+2+id).Sent)
	}
}

func TestRepeatedRequestIsDoneOnce(t *testing.T) {
	h := newHouse(t, nil)
	ada, bob := h.login("ada"), h.login("bob")
	f := toPeer("bob", "once")
	f.Id = 1
	bob.noAck = true
	ada.send(f)
	ada.send(f) // while under way
	bob.delivery()
	bob.ack()
	assert.True(t, ada.answer(1).Sent.Received)
	ada.send(f) // when done
	assert.True(t, ada.answer(1).Sent.Received)
	bob.nothingPushed()

	ada.lastID = 9
	ada.ask(toPeer("nobody", "x"))
	skipped := toPeer("bob", "late")
	skipped.Id = 5
	ada.send(skipped)
	assert.Equal(t, wire.Refusal_BAD_REQUEST, ada.answer(5).Refusal.GetReason(), "an id that was passed over")
}
