package native

import (
	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// NoEvents implements core.Events and ignores every event. Embed it in a type of your own, and
// define the methods for the events that you need.
type NoEvents struct{}

var _ core.Events = NoEvents{}

func (NoEvents) StateChanged(core.State, core.Reason)                             {}
func (NoEvents) PeerMessage(*wire.Delivery)                                       {}
func (NoEvents) ChannelMessage(*core.Channel, *wire.Delivery)                     {}
func (NoEvents) MemberJoined(*core.Channel, string)                               {}
func (NoEvents) MemberLeft(*core.Channel, string)                                 {}
func (NoEvents) MemberCount(*core.Channel, int)                                   {}
func (NoEvents) AttributesUpdated(*core.Channel, []*core.Attribute)               {}
func (NoEvents) PeersChanged(core.PresenceList)                                   {}
func (NoEvents) JoinStateChanged(*core.Channel, core.JoinState)                   {}
func (NoEvents) InvitationReceived(*core.Invitation)                              {}
func (NoEvents) InvitationChanged(*core.Invitation, core.InvitationState, string) {}
func (NoEvents) Token(core.TokenEvent)                                            {}
func (NoEvents) Log(core.LogLevel, string)                                        {}
