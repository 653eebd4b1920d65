package core

import "rtmwasm/core/wire"

// Message is the content of a message in either direction.
type Message = wire.Message

// Events receives the events of a client. Its methods may call methods of the client,
// whose state already agrees with the event.
type Events interface {
	StateChanged(s State, r Reason)
	PeerMessage(d *wire.Delivery)
	ChannelMessage(ch *Channel, d *wire.Delivery)
	MemberJoined(ch *Channel, uid string)
	MemberLeft(ch *Channel, uid string)
	MemberCount(ch *Channel, n int)
	AttributesUpdated(ch *Channel, all []*Attribute)
	// PeersChanged tells the presence of users that the client is subscribed to.
	PeersChanged(list PresenceList)
	JoinStateChanged(ch *Channel, s JoinState)

	// InvitationReceived brings an invitation from another user, once.
	InvitationReceived(i *Invitation)

	// InvitationChanged tells each later state of an invitation of either side. text is
	// the reason of InvitationFailure, the content of InvitationCanceled, and in other
	// states the response.
	InvitationChanged(i *Invitation, s InvitationState, text string)

	// Token tells what becomes of the login's token.
	Token(e TokenEvent)
	Log(level LogLevel, text string)
}

// LogLevel orders log lines.
type LogLevel int

// The levels of the API's log filters, less "track".
const (
	LogDebug LogLevel = iota
	LogInfo
	LogWarn
	LogError
)
