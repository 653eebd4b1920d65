package channel

import (
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// channel is a channel that sessions of this gateway are in or are about to enter.
type channel struct {
	id       ID
	channels *Channels

	mu    sync.Mutex             // guards the rest
	local map[uint64]*Membership // memberships of this gateway, by number

	// The subscription lasts from the first session to the last one.
	opening *opening
	dropped bool // no longer in channels.byID

	// Members, see members.go.
	roster    roster
	complete  bool          // a snapshot was applied: roster has all members
	reading   chan struct{} // closed when the snapshot that is being read was applied; nil if there is none
	waiting   []Event       // events received while a snapshot is read, or before the first one
	latest    uint64        // the highest revision in roster
	repairing bool          // repair is running

	counting   bool   // announceCount has set its timer
	attributes uint64 // the latest revision of attributes that was delivered
}

// opening is a subscription and its result. The goroutine that creates it subscribes; others wait
// for done.
type opening struct {
	done chan struct{}
	err  error  // set before done is closed
	stop func() // guarded by channel.mu
}

// open subscribes to frames for the channel and to changes of its members. The caller holds no
// lock.
func (c *channel) open(o *opening) error {
	stop, err := c.subscribe()
	c.mu.Lock()
	if err != nil {
		c.opening = nil
		c.mu.Unlock()
		return err
	}
	o.stop = stop
	dropped := c.dropped
	c.mu.Unlock()
	if dropped { // all sessions have left meanwhile
		stop()
	}
	return nil
}

func (c *channel) subscribe() (stop func(), err error) {
	engine := c.channels.config.Engine
	stopFrames, err := engine.ListenChannel(c.id, c.deliver)
	if err != nil {
		return nil, err
	}
	stopMembers, err := engine.FollowMembers(c.id, c.apply)
	if err != nil {
		stopFrames()
		return nil, err
	}
	return func() {
		stopMembers()
		stopFrames()
	}, nil
}

// deliver passes a frame to all members here. The sender of a message does not get it.
func (c *channel) deliver(frame []byte) {
	var f wire.ServerFrame
	err := f.UnmarshalVT(frame)
	switch {
	case err == nil && f.Attributes != nil:
		c.deliverAttributes(&f)
	case err == nil && f.Delivery != nil:
		c.deliverMessage(frame, f.Delivery.From)
	}
}

func (c *channel) deliverMessage(frame []byte, from string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.local {
		switch {
		case m.session.UserID() == from:
		case m.joined:
			m.session.Push(frame, c.id.Channel)
		default:
			m.hold(frame)
		}
	}
}

// deliverAttributes passes a channel's new attributes to all members here, including the writer.
// Between gateways, seq is the revision of the change. Frames of two gateways may arrive in another
// order than the changes were made, and members must not see an older change last.
func (c *channel) deliverAttributes(f *wire.ServerFrame) {
	revision := f.Seq
	f.Seq, f.Attributes.Revision = 0, revision
	frame := wire.Marshal(f)
	c.mu.Lock()
	defer c.mu.Unlock()
	if revision <= c.attributes {
		return
	}
	c.attributes = revision
	for _, m := range c.local {
		if m.joined {
			m.session.PushLatest(frame, "attributes of "+c.id.Channel)
		} else {
			m.hold(frame)
		}
	}
}

// tell tells the members here what changed. It answers joins last: the count in the answer already
// includes these changes.
func (c *channel) tell(changes []change) {
	for _, ch := range changes {
		switch ch.kind {
		case came:
			c.announce(ch.member.UID, true, ch.count)
		case left, displaced:
			if m := c.here(ch.member); m != nil { // the session has not left on its own
				m.session.End(ch.kind == displaced)
			}
			c.announce(ch.member.UID, false, ch.count)
		case superseded:
			if c.roster.members[ch.member.UID].Gateway == c.channels.config.Gateway {
				c.channels.leaveInBackground(ch.member)
			}
		}
	}
	for _, ch := range changes {
		if ch.kind == moved {
			c.endSuperseded(ch.member)
		}
		entered := ch.kind == came || ch.kind == moved
		if entered && ch.member.Gateway == c.channels.config.Gateway && !c.welcome(ch.member) {
			c.channels.leaveInBackground(ch.member) // a join that had timed out but succeeded after all
		}
	}
}

// endSuperseded removes the memberships of moved sessions that a member has superseded.
func (c *channel) endSuperseded(by Member) {
	for _, m := range c.local {
		if c.supersedes(by, m) {
			c.channels.endDetached(m)
		}
	}
}

// here returns a member's membership, nil if the member is at another gateway or has left.
func (c *channel) here(m Member) *Membership {
	local := c.local[m.Entry]
	if local == nil || local.session.ID() != m.Session || c.channels.config.Gateway != m.Gateway {
		return nil
	}
	return local
}

// welcome answers a member's join, and then sends the frames held for it. It returns false if the
// member is not here.
func (c *channel) welcome(member Member) bool {
	m := c.here(member)
	if m == nil {
		return false
	}
	if m.joined || m.detached != nil {
		return true
	}
	m.joined = true
	m.session.AnswerJoined(m.request, c.id.Channel, len(c.roster.members), c.uids())
	for _, frame := range m.held {
		m.session.Push(frame, c.id.Channel)
	}
	m.held = nil
	close(m.ready)
	return true
}

// uids returns all members, nil if there are more than core.MaxToldMembers.
func (c *channel) uids() []string {
	if len(c.roster.members) > core.MaxToldMembers {
		return nil
	}
	return slices.Collect(maps.Keys(c.roster.members))
}

// announce tells the members here who came or left. In a channel of more than core.MaxToldMembers,
// they get only the number of members.
func (c *channel) announce(uid string, joined bool, count int) {
	if count > core.MaxToldMembers {
		c.announceCount()
		return
	}
	body := c.change(uid, joined, count)
	for _, m := range c.local {
		if m.joined && m.session.UserID() != uid {
			m.session.Push(body, "")
		}
	}
}

// announceCount tells the members here, after a while, how many members there are. So many changes
// in a large channel cost one push to each member.
func (c *channel) announceCount() {
	if c.counting {
		return
	}
	c.counting = true
	time.AfterFunc(core.BigMemberCountInterval, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.counting = false
		body := c.change("", false, len(c.roster.members))
		for _, m := range c.local {
			if m.joined {
				m.session.PushLatest(body, "count "+c.id.Channel)
			}
		}
	})
}

func (c *channel) change(uid string, joined bool, count int) []byte {
	return wire.Marshal(&wire.ServerFrame{MemberChange: &wire.MemberChange{
		Channel:     c.id.Channel,
		Uid:         uid,
		Joined:      joined,
		MemberCount: uint32(count),
	}})
}

// list returns the members, the asking one first. In a channel of more than core.MaxToldMembers it
// returns a random choice.
func (c *channel) list(asking string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	uids := append(make([]string, 0, min(core.MaxToldMembers, len(c.roster.members)+1)), asking)
	seen := 1
	for uid := range c.roster.members {
		if uid == asking {
			continue
		}
		seen++
		if len(uids) < core.MaxToldMembers {
			uids = append(uids, uid)
		} else if i := 1 + rand.IntN(seen-1); i < len(uids) { // all members have the same chance
			uids[i] = uid
		}
	}
	return uids
}
