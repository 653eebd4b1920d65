// Package event has the events of users that backends of apps get, from the REST interface and from
// web hooks. Package session reports most of them.
package event

import (
	"time"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/media"
)

// Kind is what a user did.
type Kind int

// The kinds of events.
const (
	LoggedIn      Kind = iota + 1 // and was not logged in before
	LoggedOut                     // by themselves, or because their client did not come back
	Joined                        // a channel
	Left                          // a channel
	SentToPeer                    // to a peer, who may be offline
	SentToChannel                 //
	Uploaded                      // the last byte of a file
	Answered                      // a call invitation; the caller's client has the answer
)

// Event is something that a user did. There is no event when a client continues at another gateway,
// or when a login replaces another one of the same user.
type Event struct {
	Kind    Kind
	User    id.User
	Channel string // of Joined and Left
	At      time.Time

	// ID is the same if an event is reported again, because several gateways may report what users
	// of a dead one did. It is "" if the other fields identify the event, or if it is reported
	// once.
	ID string

	Send   *wire.Send       // of SentToPeer and SentToChannel
	File   *media.Info      // of Uploaded
	Answer *wire.Invitation // of Answered: an ACCEPT or REFUSE
	Caller string           // of Answered
}
