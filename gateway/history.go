package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rtmwasm/core/wire"
)

// HistoryMessage is a message that its sender wants kept, so that the app's backend can read it
// later.
type HistoryMessage struct {
	App       string
	From      string // user id
	To        string // user id, or channel
	ToChannel bool
	Ms        int64  // Unix time at which a gateway received it, in ms
	Message   []byte // a marshalled wire.Message

	// Name is the same for a message that is sent again, within two minutes; "" names nothing.
	Name string
}

// ErrHistoryQuota means that an app has as many messages in the history as it may.
var ErrHistoryQuota = errors.New("gateway: the app's quota of the message history is used up")

// History keeps messages.
type History interface {
	// Record returns when a message is safe, or ErrHistoryQuota or another error when it was
	// not kept. It gives up by itself after seconds.
	Record(ctx context.Context, m HistoryMessage) error
}

// HistoryFilter says which messages of the history are meant.
type HistoryFilter struct {
	App          string
	From, To     string // user id; user id or channel. "" means any
	ChannelsOnly bool   // without peer messages
	Start, End   int64  // inclusive, Unix time in ms
}

// intoHistory keeps a message where its sender wants that, before anybody gets it: who is
// told that it was sent can rely on it. It says why a message cannot be kept, which then is not sent.
func (s *session) intoHistory(id uint32, send *wire.Send, d *wire.Delivery) *wire.Refusal {
	history := s.server.config.History
	if !send.History || history == nil || !KeptInHistory(send.Message.Type) {
		return nil
	}
	content, err := send.Message.MarshalVT()
	if err == nil {
		err = history.Record(s.traces.in(context.Background(), id), HistoryMessage{ // it gives up by itself
			App: s.user.App, From: s.user.ID, To: send.Peer + send.Channel, ToChannel: send.Channel != "",
			Ms: d.ServerReceivedMs, Message: content, Name: fmt.Sprint(send.Origin, " ", send.Number),
		})
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrHistoryQuota):
		s.server.refusals.note("a message for the history is refused", refusalKey{err.Error(), s.user.App}, time.Now(), "reason", err.Error(), "app", s.user.App, "uid", s.user.ID)
		return newRefusal(wire.Refusal_LIMIT, "the history of this app has as many messages as it may: send this one without enableHistoricalMessaging")
	}
	s.server.log.ErrorContext(s.traces.in(context.Background(), id), "cannot keep a message in the history", "app", s.user.App, "uid", s.user.ID, "session", s.short(), "error", err)
	return newRefusal(wire.Refusal_UNAVAILABLE, "the gateway can't keep the message in the history now: try again")
}

// KeptInHistory reports whether messages of a type are kept in the history: bytes are not.
func KeptInHistory(t wire.Message_Type) bool {
	return t == wire.Message_TEXT || t == wire.Message_IMAGE || t == wire.Message_FILE
}
