// Package mailbox keeps messages for users who are not online, and brings them when their client
// comes. (API 6.5)
//
// It owns what of a user's mailbox is on its way to the client of a session: an Inbox reads the
// mailbox in batches, removes what the client has acknowledged, and holds messages that come
// live until the mailbox has been read for the first time. Leave and Refusal are for the
// sender's side.
//
// Package gateway makes an Inbox for each session. Its methods may be called from any goroutine.
// An Inbox takes its lock before the lock of its session. An engine implements Store.
package mailbox

import (
	"context"
	"errors"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/id"
)

// User is a user of an app.
type User = id.User

// Errors of Store.AppendMail.
var (
	// ErrStorageFull means that a disk is too full.
	ErrStorageFull = errors.New("gateway: the disk is too full for offline messages")

	// ErrUserQuota and ErrAppQuota mean that the sender, or all users of an app together, have
	// left as many messages as they may.
	ErrUserQuota = errors.New("gateway: the user's quota of offline messages is used up")
	ErrAppQuota  = errors.New("gateway: the app's quota of offline messages is used up")
)

// Mail is a frame in a user's mailbox.
type Mail struct {
	Position uint64 // rises within a user's mailbox
	Frame    []byte
}

// Store stores frames for users who are not online: the latest 200 for each user, for seven
// days.
type Store interface {
	// AppendMail adds a frame to user's mailbox. The sender is the user from of the same
	// app; "" is the app's backend, to which the quota of a user does not apply. done is
	// called once, from any goroutine, when the frame is stored, or with the error that
	// prevented it: ErrUserQuota and ErrAppQuota are among them. AppendMail itself returns
	// ErrStorageFull.
	AppendMail(user User, from string, frame []byte, done func(error)) error

	// NotifyMail has the gateway told, where the user is logged in, that something new is in
	// the mailbox.
	NotifyMail(user User) error

	// ReadMail returns the frames behind a position, oldest first, most of them at most.
	ReadMail(ctx context.Context, user User, after uint64, most int) ([]Mail, error)

	// TruncateMail removes all frames up to a position.
	TruncateMail(ctx context.Context, user User, upTo uint64) error
}

// Leave puts a message into the mailbox of its receiver, and has the receiver's gateway told:
// they may have come just now. done is called once, from any goroutine.
func Leave(store Store, from string, to User, delivery *wire.Delivery, done func(error)) {
	delivery.Offline = true
	frame, err := (&wire.ServerFrame{Delivery: delivery}).MarshalVT()
	if err == nil {
		err = store.AppendMail(to, from, frame, func(err error) {
			if err == nil {
				err = store.NotifyMail(to)
			}
			done(err)
		})
	}
	if err != nil {
		done(err)
	}
}

// Refusal is what a sender is told of an error of Leave; nil if it is none that they can do
// anything about.
func Refusal(err error) *wire.Refusal {
	switch {
	case errors.Is(err, ErrStorageFull):
		return &wire.Refusal{Reason: wire.Refusal_UNAVAILABLE, Text: "the gateway has no space for offline messages now"}
	case errors.Is(err, ErrUserQuota):
		return &wire.Refusal{Reason: wire.Refusal_LIMIT, Text: "you left as many messages for users who are away as one user may within seven days: send this one when its receiver is online"}
	case errors.Is(err, ErrAppQuota):
		return &wire.Refusal{Reason: wire.Refusal_LIMIT, Text: "the users of this app left as many messages for users who are away as one app may within seven days: send this one when its receiver is online"}
	}
	return nil
}
