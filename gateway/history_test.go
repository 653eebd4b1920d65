package gateway_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
	"rtmwasm/gateway"
	"rtmwasm/gateway/history"
)

// archive is a history.Recorder.
type archive struct {
	mu       sync.Mutex
	messages []history.Message
	err      error
}

func (a *archive) Record(_ context.Context, m history.Message) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err == nil {
		a.messages = append(a.messages, m)
	}
	return a.err
}

func intoHistory(f *wire.ClientFrame) *wire.ClientFrame {
	f.Send.History = true
	return f
}

// What a sender wants kept is recorded as its receivers get it; anything else is not.
func TestHistoryOfMessages(t *testing.T) {
	a := &archive{}
	h := newHouse(t, nil, func(c *gateway.Config) { c.History = a })
	ada, bob := h.login("ada"), h.login("bob")
	ada.join("hall")
	image := &wire.ClientFrame{Send: &wire.Send{Peer: "bob", History: true, Origin: 7, Number: 9, Message: &wire.Message{Type: wire.Message_IMAGE, MediaId: "m"}}}
	raw := &wire.ClientFrame{Send: &wire.Send{Peer: "bob", History: true, Message: &wire.Message{Type: wire.Message_RAW, Raw: []byte("x")}}}
	for _, f := range []*wire.ClientFrame{intoHistory(toPeer("bob", "one")), toPeer("bob", "two"), intoHistory(toChannel("hall", "three")), image, raw, intoHistory(toPeer("nobody", "four"))} {
		require.NotNil(t, ada.ask(f).Sent)
	}
	require.NotNil(t, ada.ask(intoHistory(toChannel("attic", "not joined"))).Refusal)
	var seen []any
	for _, m := range a.messages {
		var content wire.Message
		require.NoError(t, content.UnmarshalVT(m.Message))
		seen = append(seen, []any{m.App, m.From, m.To, m.ToChannel, content.Text + content.MediaId})
	}
	assert.Equal(t, []any{
		[]any{appA, "ada", "bob", false, "one"}, []any{appA, "ada", "hall", true, "three"},
		[]any{appA, "ada", "bob", false, "m"}, []any{appA, "ada", "nobody", false, "four"},
	}, seen)
	assert.Equal(t, bob.delivery().ServerReceivedMs, a.messages[0].Ms)
	assert.Equal(t, "7 9", a.messages[2].Name)
}

// A message that can't be recorded is not sent.
func TestHistoryThatFails(t *testing.T) {
	a := &archive{}
	h := newHouse(t, nil, func(c *gateway.Config) { c.History = a })
	ada, bob := h.login("ada"), h.login("bob")
	for err, reason := range map[error]wire.Refusal_Reason{history.ErrQuota: wire.Refusal_LIMIT, assert.AnError: wire.Refusal_UNAVAILABLE} {
		a.err = err
		assert.Equal(t, reason, ada.ask(intoHistory(toPeer("bob", "x"))).Refusal.GetReason())
	}
	require.NotNil(t, ada.ask(toPeer("bob", "without")).Sent)
	assert.Equal(t, "without", bob.delivery().Message.Text)
}
