package core

import "rtmwasm/core/wire"

// Message is the content of a message in either direction.
type Message = wire.Message

// Events receives the events of a client. Its methods may call methods of the client.
// The client's state already agrees with the event.
type Events interface {
	StateChanged(s State, r Reason)
	PeerMessage(d *wire.Delivery)
	ChannelMessage(ch *Channel, d *wire.Delivery)
	MemberJoined(ch *Channel, uid string)
	MemberLeft(ch *Channel, uid string)
	MemberCount(ch *Channel, n int)
	AttributesUpdated(ch *Channel, all []*Attribute)
	// PeersChanged brings the presence of users that the client is subscribed to.
	PeersChanged(list PresenceList)
	JoinStateChanged(ch *Channel, s JoinState)

	// InvitationReceived brings an invitation from another user, once.
	InvitationReceived(i *Invitation)

	// InvitationChanged brings each later state of a sent or received invitation. text is
	// the reason of InvitationFailure, the content of InvitationCanceled, and the response in
	// other states.
	InvitationChanged(i *Invitation, s InvitationState, text string)

	// Token says that the token will expire, or was refused.
	Token(e TokenEvent)
	Log(level LogLevel, text string)
}

// LogLevel orders log lines.
type LogLevel int

// The levels of the API's log filters, except "track".
const (
	LogDebug LogLevel = iota
	LogInfo
	LogWarn
	LogError
)
