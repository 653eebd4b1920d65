//go:build js && wasm

package jsbridge

import (
	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// client is a core client, with its channels and transfers by the handles that the façade
// uses for them. It implements core.Events by calling the façade's ClientEvents.
type client struct {
	*core.Client
	host     value // ClientEvents of bridge.ts
	page     *host
	channels map[handle]*core.Channel
	tasks    map[handle]*core.Task
}

// handle is the number that stands for an object of the core in the façade. It is a uint32
// because other types of map keys would add code of the Go runtime to the binary.
type handle = uint32

func toHandle(v value) handle { return handle(toNumber(v)) }

var _ core.Events = (*client)(nil)

func newClient(appID, gateway string, h *host, events value) *client {
	c := &client{
		host:     events,
		page:     h,
		channels: map[handle]*core.Channel{},
		tasks:    map[handle]*core.Task{},
	}
	c.Client = core.New(appID, gateway, h, c)
	return c
}

// tell calls a method of the façade. The façade catches errors of the application's listeners.
func (c *client) tell(method string, args ...any) {
	_, err := call(c.host, method, args...)
	report(err)
}

// StateChanged implements core.Events. It starts a garbage collection when the client is logged
// out: the browser keeps JavaScript objects until Go's collector frees Go's references to them.
func (c *client) StateChanged(s core.State, r core.Reason) {
	if s == core.Disconnected || s == core.Aborted {
		c.page.collectSoon()
	}
	c.tell("state", string(s), string(r))
}

// PeerMessage implements core.Events.
func (c *client) PeerMessage(d *wire.Delivery) {
	c.tell("peerMessage", incoming(d.Message), d.From, float64(d.ServerReceivedMs), d.Offline)
}

// ChannelMessage implements core.Events.
func (c *client) ChannelMessage(ch *core.Channel, d *wire.Delivery) {
	c.tell("channelMessage", c.handle(ch), incoming(d.Message), d.From, float64(d.ServerReceivedMs))
}

// MemberJoined implements core.Events.
func (c *client) MemberJoined(ch *core.Channel, uid string) {
	c.tell("memberJoined", c.handle(ch), uid)
}

// MemberLeft implements core.Events.
func (c *client) MemberLeft(ch *core.Channel, uid string) { c.tell("memberLeft", c.handle(ch), uid) }

// MemberCount implements core.Events.
func (c *client) MemberCount(ch *core.Channel, n int) { c.tell("memberCount", c.handle(ch), n) }

// AttributesUpdated implements core.Events.
func (c *client) AttributesUpdated(ch *core.Channel, all []*core.Attribute) {
	c.tell("attributesUpdated", c.handle(ch), fromAttributes(all))
}

// PeersChanged implements core.Events.
func (c *client) PeersChanged(list core.PresenceList) { c.tell("presence", presence(list)...) }

// JoinStateChanged implements core.Events. It removes a channel that was left. If the same
// handle is joined again, it gets a new core.Channel.
func (c *client) JoinStateChanged(ch *core.Channel, s core.JoinState) {
	h := c.handle(ch)
	if s == core.Left {
		delete(c.channels, h)
	}
	c.tell("channel", h, string(s))
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

// channel returns the channel of a handle. For an unknown handle it makes one that is not
// joined, whose methods fail with the right error.
func (c *client) channel(h handle, id string) *core.Channel {
	ch := c.channels[h]
	if ch == nil {
		ch = c.Channel(id)
		c.channels[h] = ch
	}
	return ch
}

// handle returns the handle of a channel, or 0. A client has few channels, so it searches all.
func (c *client) handle(ch *core.Channel) handle {
	for h, other := range c.channels {
		if other == ch {
			return h
		}
	}
	return 0
}

// forget removes a channel that is not joined. Such channels are made for one call only.
func (c *client) forget(h handle) {
	if ch := c.channels[h]; ch != nil && ch.State() == core.Left {
		delete(c.channels, h)
	}
}
