// Package history has the words of the message history: messages that are kept because their senders ask for
// it, so that the app's backend can read them later. Sessions and the REST interface add to it.
package history

import (
	"context"
	"errors"

	"rtmwasm/core/wire"
)

// Message is a message that its sender wants kept.
type Message struct {
	App       string
	From      string // user id
	To        string // user id, or channel
	ToChannel bool
	Ms        int64  // Unix time at which a gateway received it, in ms
	Message   []byte // a marshalled wire.Message

	// Name is the same for a message that is sent again, within two minutes; "" names nothing.
	Name string
}

// ErrQuota means that an app has as many messages in the history as it may.
var ErrQuota = errors.New("history: the app's quota of the message history is used up")

// Recorder keeps messages.
type Recorder interface {
	// Record returns when a message is safe, or ErrQuota or another error when it was
	// not kept. It gives up by itself after seconds.
	Record(ctx context.Context, m Message) error
}

// Filter says which messages of the history are meant.
type Filter struct {
	App          string
	From, To     string // user id; user id or channel. "" means any
	ChannelsOnly bool   // without peer messages
	Start, End   int64  // inclusive, Unix time in ms
}

// Keeps reports whether messages of a type are kept in the history: bytes are not.
func Keeps(t wire.Message_Type) bool {
	return t == wire.Message_TEXT || t == wire.Message_IMAGE || t == wire.Message_FILE
}
