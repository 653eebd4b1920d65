// Package presence tells clients whether the users that they subscribed to can be reached,
// and tells others when a client of this gateway falls silent.
//
// It owns two things. Subscriptions has the users that sessions of this gateway are
// subscribed to, with what is known of each; it hears of no other users. An Activity is the
// clock of one client's silence.
//
// Package gateway makes one Subscriptions for a server and one Activity for a session. A
// session calls Subscriptions from its own goroutine, and Activity from any. The Directory
// calls Subscriptions back. Subscriptions takes its lock before the lock of a session.
package presence

import (
	"context"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/id"
)

// User is a user of an app.
type User = id.User

// State tells whether a user can be reached. (API 9)
type State int

const (
	Offline     State = iota // not logged in
	Unreachable              // logged in, but the client has been silent for a while
	Online
)

var wireStates = map[State]wire.Presence_State{
	Offline:     wire.Presence_OFFLINE,
	Unreachable: wire.Presence_UNREACHABLE,
	Online:      wire.Presence_ONLINE,
}

// Event is the state of a user from a change on. All gateways see the same revisions.
type Event struct {
	User     User
	State    State
	Revision uint64 // rises with each change of the user, and from one look-up to the next
}

// Directory knows the state of all users, as their sessions imply it: a user is Online from
// login until the session is released or its gateway dies.
type Directory interface {
	// SetPresence marks the user's session as Online or Unreachable, if it is still this one.
	SetPresence(ctx context.Context, user User, session string, state State) error

	// LookUpPresence returns the state of users, in the order given. It sees every change
	// that was made before the call.
	LookUpPresence(ctx context.Context, users []User) ([]Event, error)

	// FeedPresence returns a Feed. changed is called for each change of a user who is
	// followed, in the order of the changes of one user. missed is called when changes may
	// be missing. Neither may block.
	FeedPresence(changed func(Event), missed func()) (Feed, error)
}

// Feed tells the changes of users. Its methods return at once.
type Feed interface {
	// Follow has the changes of a user told which a later LookUpPresence does not see.
	Follow(user User) error

	// Unfollow ends that.
	Unfollow(user User)

	// Close ends the feed.
	Close()
}

// Session is a session that subscribes to users. Its methods must not block.
type Session interface {
	// User is whose session it is.
	User() User

	// Answer answers a request.
	Answer(request uint32, f *wire.ServerFrame)

	// AnswerBefore answers a request. If the client must be sent the answer again, it gets it
	// before the pushes that follow.
	AnswerBefore(request uint32, topic string, f *wire.ServerFrame)

	// PushLatest sends a frame that replaces the one before with the same topic.
	PushLatest(frame []byte, topic string)
}
