// Package mailbox stores messages for users who are not online, and delivers them when their client
// connects. (API 6.5)
//
// An Inbox delivers a user's mailbox to the client of one session. It reads the mailbox in batches,
// removes what the client has acknowledged, and holds live messages until the mailbox has been read
// once. The sender's side uses Put and Refusal.
//
// Package session creates an Inbox for each session. Its methods may be called from any goroutine.
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
	// ErrStorageFull means that the disk is too full.
	ErrStorageFull = errors.New("gateway: the disk is too full for offline messages")

	// ErrUserQuota and ErrAppQuota mean that the sender, or all users of the app together, have
	// left as many messages as allowed.
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
	// AppendMail adds a frame to user's mailbox. The sender is the user from of the same app. If
	// from is "", the sender is the app's backend, and no user's quota applies. done is called
	// once, from any goroutine, when the frame is stored, or with the error that prevented it,
	// such as ErrUserQuota or ErrAppQuota. AppendMail itself returns ErrStorageFull.
	AppendMail(user User, from string, frame []byte, done func(error)) error

	// NotifyMail tells the gateway where the user is logged in that the mailbox has a new message.
	NotifyMail(user User) error

	// ReadMail returns at most the given number of frames behind a position, oldest first.
	ReadMail(ctx context.Context, user User, after uint64, most int) ([]Mail, error)

	// TruncateMail removes all frames up to a position.
	TruncateMail(ctx context.Context, user User, upTo uint64) error
}

// Put puts a message into its receiver's mailbox and notifies the receiver's gateway, because
// they may just have logged in. done is called once, from any goroutine.
func Put(store Store, from string, to User, delivery *wire.Delivery, done func(error)) {
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

// Refusal returns what the sender is told about an error of Put, or nil if the sender can do
// nothing about it.
func Refusal(err error) *wire.Refusal {
	switch {
	case errors.Is(err, ErrStorageFull):
		return &wire.Refusal{Reason: wire.Refusal_UNAVAILABLE, Text: "the gateway has no space for offline messages now"}
	case errors.Is(err, ErrUserQuota):
		return &wire.Refusal{Reason: wire.Refusal_LIMIT, Text: "you have sent as many offline messages as one user may within seven days: send this one when its receiver is online"}
	case errors.Is(err, ErrAppQuota):
		return &wire.Refusal{Reason: wire.Refusal_LIMIT, Text: "the users of this app have sent as many offline messages as one app may within seven days: send this one when its receiver is online"}
	}
	return nil
}
