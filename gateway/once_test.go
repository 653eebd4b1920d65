package gateway_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
	"rtmwasm/gateway"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/natsengine"
)

func sentOnce(f *wire.ClientFrame, origin, number uint64) *wire.ClientFrame {
	f.Send.Once, f.Send.Origin, f.Send.Number = true, origin, number
	return f
}

// A client that did not hear the answer sends again in its next login: nobody gets it twice, and
// the answer is that of the first time.
func TestSentOnceOverLogins(t *testing.T) {
	engine := newEngine(t)
	h := newHouse(t, engine)
	bob := h.login("bob")
	bob.join("hall")
	got := make(chan string, 100)
	go func() {
		for f := range bob.frames {
			if f.Seq > 0 {
				_ = bob.write(&wire.ClientFrame{Ack: &wire.Ack{Seq: f.Seq}})
			}
			if f.Delivery != nil {
				got <- f.Delivery.Message.Text
			}
		}
	}()
	mail := toPeer("cy", "mail")
	mail.Send.Offline = true
	all := []*wire.ClientFrame{
		sentOnce(toPeer("bob", "one"), 7, 1), sentOnce(toPeer("bob", "two"), 7, 2), sentOnce(toChannel("hall", "three"), 7, 3), sentOnce(mail, 7, 4),
	}
	other := newHouse(t, engine)
	for login, where := range []*house{h, h, other} {
		ada := where.login("ada")
		ada.join("hall")
		for i, f := range all {
			answer := ada.ask(f)
			require.NotNil(t, answer.Sent)
			assert.Equal(t, i < 2, answer.Sent.Received, "login %d, message %d", login, i)
		}
	}
	ada := h.login("ada")
	require.NotNil(t, ada.ask(toPeer("bob", "last")).Sent)
	for _, want := range []string{"one", "two", "three", "last"} {
		assert.Equal(t, want, <-got)
	}
	cy := h.login("cy")
	assert.Equal(t, "mail", cy.delivery().Message.Text)
	ada.lastID++
	last := toPeer("cy", "last")
	last.Id = ada.lastID
	ada.send(last)
	assert.Equal(t, "last", cy.delivery().Message.Text)
}

// What was refused was not sent, and may be sent under its number later.
func TestSentOnceAfterRefusal(t *testing.T) {
	h := newHouse(t, nil)
	ada, bob := h.login("ada"), h.login("bob")
	bob.join("hall")
	require.Equal(t, wire.Refusal_NOT_JOINED, ada.ask(sentOnce(toChannel("hall", "x"), 7, 1)).Refusal.Reason)
	ada.join("hall")
	require.NotNil(t, ada.ask(sentOnce(toChannel("hall", "x"), 7, 1)).Sent)
	bob.change()
	assert.Equal(t, "x", bob.delivery().Message.Text)
}

// forgetful is an engine that can't keep or read what was sent once.
type forgetful struct {
	*natsengine.Engine
	read, keep error
}

func (f forgetful) LoadSent(ctx context.Context, user id.User) ([]byte, error) {
	if f.read != nil {
		return nil, f.read
	}
	return f.Engine.LoadSent(ctx, user)
}

func (f forgetful) SaveSent(context.Context, id.User, []byte) error { return f.keep }

// Where nobody can tell whether a message was sent, it is not sent. One that was sent and
// can't be remembered counts as sent.
func TestSentOnceIsNotKnown(t *testing.T) {
	broken := errors.New("broken")
	for name, f := range map[string]forgetful{"read": {read: broken}, "keep": {keep: broken}} {
		t.Run(name, func(t *testing.T) {
			f.Engine = newEngine(t)
			h := newHouse(t, nil, func(c *gateway.Config) { c.Engine = f })
			ada, bob := h.login("ada"), h.login("bob")
			message := sentOnce(toPeer("bob", "x"), 7, 1)
			message.Id = 1
			ada.send(message)
			if f.read != nil {
				assert.Equal(t, wire.Refusal_UNAVAILABLE, ada.answer(1).Refusal.Reason)
				return
			}
			assert.Equal(t, "x", bob.delivery().Message.Text)
			assert.True(t, ada.answer(1).Sent.Received)
		})
	}
}
