// Package history has the types of the message history: messages that are stored because their
// senders ask for it, so that the app's backend can read them later. Sessions and the REST
// interface add messages.
package history

import (
	"context"
	"errors"

	"rtmwasm/core/wire"
)

// Message is a message to store.
type Message struct {
	App       string
	From      string // user id
	To        string // user id, or channel
	ToChannel bool
	Ms        int64  // Unix time at which a gateway received it, in ms
	Message   []byte // a marshalled wire.Message

	// Name is the same if a message is sent again within two minutes; "" means no name.
	Name string
}

// ErrQuota means that an app's history is full.
var ErrQuota = errors.New("history: the app's quota of the message history is used up")

// Recorder stores messages.
type Recorder interface {
	// Record returns when a message is stored, or ErrQuota or another error if it was not. It gives
	// up on its own after some seconds.
	Record(ctx context.Context, m Message) error
}

// Filter selects messages of the history.
type Filter struct {
	App          string
	From, To     string // user id; user id or channel. "" means any
	ChannelsOnly bool   // without peer messages
	Start, End   int64  // inclusive, Unix time in ms
}

// Stores reports whether the history stores messages of a type. It does not store raw messages.
func Stores(t wire.Message_Type) bool {
	return t == wire.Message_TEXT || t == wire.Message_IMAGE || t == wire.Message_FILE
}
