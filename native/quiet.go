package native

import (
	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// Quiet implements core.Events and ignores every event. Embed it in a type of your own, and
// define the methods for the events that you need.
type Quiet struct{}

var _ core.Events = Quiet{}

func (Quiet) StateChanged(core.State, core.Reason)                             {}
func (Quiet) PeerMessage(*wire.Delivery)                                       {}
func (Quiet) ChannelMessage(*core.Channel, *wire.Delivery)                     {}
func (Quiet) MemberJoined(*core.Channel, string)                               {}
func (Quiet) MemberLeft(*core.Channel, string)                                 {}
func (Quiet) MemberCount(*core.Channel, int)                                   {}
func (Quiet) AttributesUpdated(*core.Channel, []*core.Attribute)               {}
func (Quiet) PeersChanged(core.PresenceList)                                   {}
func (Quiet) JoinStateChanged(*core.Channel, core.JoinState)                   {}
func (Quiet) InvitationReceived(*core.Invitation)                              {}
func (Quiet) InvitationChanged(*core.Invitation, core.InvitationState, string) {}
func (Quiet) Token(core.TokenEvent)                                            {}
func (Quiet) Log(core.LogLevel, string)                                        {}
