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
	page     *host
	channels map[handle]*core.Channel
	tasks    map[handle]*core.Task
}

// handle is a number by which the façade names a thing. It is a uint32 because each other
// kind of a map's key brings code of the runtime that nothing else here needs.
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

// tell calls the façade, which catches what the application's listeners throw.
func (c *client) tell(method string, args ...any) {
	_, err := call(c.host, method, args...)
	report(err)
}

// StateChanged implements core.Events. When the client is logged out it starts a garbage collection:
// the browser keeps the JavaScript objects to which Go has references until Go's collector frees them.
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

// JoinStateChanged implements core.Events. A channel that was left is forgotten here;
// its handle makes a new one when it is joined again.
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

// channel is the channel of a handle. One that is not joined has nothing worth keeping;
// it is there to answer with the right error.
func (c *client) channel(h handle, id string) *core.Channel {
	ch := c.channels[h]
	if ch == nil {
		ch = c.Channel(id)
		c.channels[h] = ch
	}
	return ch
}

// handle is the number of a channel; the channels are few.
func (c *client) handle(ch *core.Channel) handle {
	for h, other := range c.channels {
		if other == ch {
			return h
		}
	}
	return 0
}

// forget drops a channel that was made for one call and is not joined.
func (c *client) forget(h handle) {
	if ch := c.channels[h]; ch != nil && ch.State() == core.Left {
		delete(c.channels, h)
	}
}
