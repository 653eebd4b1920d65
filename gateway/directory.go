package gateway

import (
	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/presence"
)

// SessionInfo is what operators see of a session.
type SessionInfo struct {
	User    User
	Session string // its id
	Gateway string // where it lives
	State   presence.State
}

// ChannelInfo is what operators see of a channel.
type ChannelInfo struct {
	channel.ID
	Members int
}
