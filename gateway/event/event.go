// Package event has what users do, as backends of apps are told of it: by the REST interface and by web
// hooks. Package session tells most of it.
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
	SentToPeer                    // whether or not the peer is there
	SentToChannel                 //
	Uploaded                      // the last byte of a file
	Answered                      // a call invitation, and the caller's client has the answer
)

// Event is something that a user did. That a client goes on at another gateway is none,
// nor is a login that takes the place of another of the same user.
type Event struct {
	Kind    Kind
	User    id.User
	Channel string // of Joined and Left
	At      time.Time

	// ID is the same for an event that is told again, as several gateways tell what a dead one's
	// users did; "" where Kind and what follows name the event, or it is told once.
	ID string

	Send   *wire.Send       // of SentToPeer and SentToChannel
	File   *media.Info      // of Uploaded
	Answer *wire.Invitation // of Answered: an ACCEPT or REFUSE
	Caller string           // of Answered
}
