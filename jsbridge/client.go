//go:build js && wasm

package jsbridge

import (
	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// client is one core client and the handles by which the façade names what belongs
// to it. It implements core.Events by calling the façade's Host.
type client struct {
	*core.Client
	host     value // Host of bridge.ts
	channels map[int]*core.Channel
	handles  map[*core.Channel]int
	tasks    map[int]*core.Task
}

var _ core.Events = (*client)(nil)

func newClient(appID, gateway string, h *host, events value) *client {
	c := &client{
		host:     events,
		channels: map[int]*core.Channel{},
		handles:  map[*core.Channel]int{},
		tasks:    map[int]*core.Task{},
	}
	c.Client = core.New(appID, gateway, h, c)
	return c
}

func (c *client) tell(method string, args ...any) { c.host.Call(method, args...) }

// StateChanged implements core.Events.
func (c *client) StateChanged(s core.State, r core.Reason) { c.tell("state", string(s), string(r)) }

// PeerMessage implements core.Events.
func (c *client) PeerMessage(d *wire.Delivery) {
	c.tell("peerMessage", incoming(d.Message), d.From, float64(d.ServerReceivedMs), d.Offline)
}

// ChannelMessage implements core.Events.
func (c *client) ChannelMessage(ch *core.Channel, d *wire.Delivery) {
	c.tell("channelMessage", c.handles[ch], incoming(d.Message), d.From, float64(d.ServerReceivedMs))
}

// MemberJoined implements core.Events.
func (c *client) MemberJoined(ch *core.Channel, uid string) {
	c.tell("memberJoined", c.handles[ch], uid)
}

// MemberLeft implements core.Events.
func (c *client) MemberLeft(ch *core.Channel, uid string) { c.tell("memberLeft", c.handles[ch], uid) }

// MemberCount implements core.Events.
func (c *client) MemberCount(ch *core.Channel, n int) { c.tell("memberCount", c.handles[ch], n) }

// AttributesUpdated implements core.Events.
func (c *client) AttributesUpdated(ch *core.Channel, all []*core.Attribute) {
	c.tell("attributesUpdated", c.handles[ch], fromAttributes(all))
}

// JoinStateChanged implements core.Events. A channel that was left is forgotten here;
// its handle makes a new one when it is joined again.
func (c *client) JoinStateChanged(ch *core.Channel, s core.JoinState) {
	handle := c.handles[ch]
	if s == core.Left {
		delete(c.channels, handle)
		delete(c.handles, ch)
	}
	c.tell("channel", handle, string(s))
}

// InvitationReceived implements core.Events.
func (c *client) InvitationReceived(i *core.Invitation) {
	c.tell("invited", i.Key(), i.Peer, i.CallID, i.Channel, i.Content)
}

// InvitationChanged implements core.Events.
func (c *client) InvitationChanged(i *core.Invitation, s core.InvitationState, text string) {
	c.tell("invitation", i.Key(), string(s), text)
}

// Token implements core.Events.
func (c *client) Token(e core.TokenEvent) { c.tell("token", string(e)) }

// Log implements core.Events.
func (c *client) Log(level core.LogLevel, text string) { c.tell("log", int(level), text) }

// channel is the channel of a handle. One that is not joined has nothing worth keeping;
// it is there to answer with the right error.
func (c *client) channel(handle int, id string) *core.Channel {
	ch := c.channels[handle]
	if ch == nil {
		ch = c.Channel(id)
		c.channels[handle] = ch
		c.handles[ch] = handle
	}
	return ch
}

// forget drops a channel that was made for one call and is not joined.
func (c *client) forget(handle int) {
	if ch := c.channels[handle]; ch != nil && ch.State() == core.Left {
		delete(c.channels, handle)
		delete(c.handles, ch)
	}
}
