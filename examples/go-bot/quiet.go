package main

import (
	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// quiet ignores every event; what a program wants to hear it defines itself.
type quiet struct{}

func (quiet) StateChanged(core.State, core.Reason)                             {}
func (quiet) PeerMessage(*wire.Delivery)                                       {}
func (quiet) ChannelMessage(*core.Channel, *wire.Delivery)                     {}
func (quiet) MemberJoined(*core.Channel, string)                               {}
func (quiet) MemberLeft(*core.Channel, string)                                 {}
func (quiet) MemberCount(*core.Channel, int)                                   {}
func (quiet) AttributesUpdated(*core.Channel, []*core.Attribute)               {}
func (quiet) PeersChanged(core.PresenceList)                                   {}
func (quiet) JoinStateChanged(*core.Channel, core.JoinState)                   {}
func (quiet) InvitationReceived(*core.Invitation)                              {}
func (quiet) InvitationChanged(*core.Invitation, core.InvitationState, string) {}
func (quiet) Token(core.TokenEvent)                                            {}
func (quiet) Log(core.LogLevel, string)                                        {}
