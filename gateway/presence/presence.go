// Package presence tells clients whether the users whom they subscribed to can be reached, and
// tells other gateways when a client of this one is silent.
//
// Subscriptions has the users whom sessions of this gateway subscribed to, and what is known of
// them. It gets no news of other users. An Activity measures the silence of one client.
//
// Package session creates one Subscriptions, and one Activity for each session. A session calls
// Subscriptions from its own goroutine, and Activity from any. The Directory calls Subscriptions
// back. Subscriptions takes its lock before the lock of a session.
package presence

import (
	"context"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/id"
)

// User is a user of an app.
type User = id.User

// State is whether a user can be reached. (API 9)
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

// Event is the state of a user after a change. All gateways see the same revisions.
type Event struct {
	User     User
	State    State
	Revision uint64 // rises with each change of the user, and from one look-up to the next
}

// Directory has the state of all users. A user is Online from login until the session is released
// or its gateway dies.
type Directory interface {
	// SetPresence sets the state of the user's session to Online or Unreachable, if it is still
	// this session.
	SetPresence(ctx context.Context, user User, session string, state State) error

	// LookUpPresence returns the states of users, in the order given. It includes every change made
	// before the call.
	LookUpPresence(ctx context.Context, users []User) ([]Event, error)

	// FeedPresence returns a Feed. It calls changed for each change of a followed user, with the
	// changes of one user in order. It calls missed when changes may be missing. Neither may block.
	FeedPresence(changed func(Event), missed func()) (Feed, error)
}

// Feed reports changes of users. Its methods return at once.
type Feed interface {
	// Follow starts to report a user's changes. It reports all changes that a later LookUpPresence
	// does not include.
	Follow(user User) error

	// Unfollow stops that.
	Unfollow(user User)

	// Close ends the feed.
	Close()
}

// Session is a session that subscribes to users. Its methods must not block.
type Session interface {
	// User returns the session's user.
	User() User

	// Answer answers a request.
	Answer(request uint32, f *wire.ServerFrame)

	// AnswerBefore answers a request. A client that comes back gets the answer again, ahead of the
	// pushes that follow.
	AnswerBefore(request uint32, topic string, f *wire.ServerFrame)

	// PushLatest sends a frame that replaces earlier frames of the same topic.
	PushLatest(frame []byte, topic string)
}
