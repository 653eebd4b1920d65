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

// channel is one that sessions of this gateway are in, or are about to enter.
type channel struct {
	id  ID
	all *Channels

	mu    sync.Mutex             // guards the rest
	local map[uint64]*Membership // by number, those of this gateway

	// The subscription, which lasts from the first session until the last.
	opening *opening
	dropped bool // not in all.byID any more

	// Members, see members.go.
	roster    roster
	complete  bool          // a snapshot was taken in: roster has all members
	reading   chan struct{} // closed when the snapshot under way was taken in; nil for none
	waiting   []Event       // events that came meanwhile, or before the first snapshot
	latest    uint64        // the highest revision in roster
	repairing bool          // repair runs

	counting   bool   // announceCount will tell
	attributes uint64 // the latest revision that was delivered
}

// opening is the beginning of a subscription. Who does not begin it waits for done.
type opening struct {
	done chan struct{}
	err  error  // set before done is closed
	stop func() // guarded by channel.mu
}

// open subscribes to what is sent to the channel and to changes of its members. No lock is held.
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
	if dropped { // all have left meanwhile
		stop()
	}
	return nil
}

func (c *channel) subscribe() (stop func(), err error) {
	engine := c.all.config.Engine
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

// deliver brings a frame for the channel to all members here. The sender of a message does not
// get it.
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

// deliverAttributes brings what a channel's attributes became to all members here, the
// writer among them. On the way between gateways seq is the revision of the change:
// frames of two gateways may come in another order than the changes were made in, and
// an older one must not be the last that members see.
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

// tell tells the members here what changed. Members who join are welcomed last, so that nobody is
// told of a change that the count in their answer has.
func (c *channel) tell(changes []change) {
	for _, ch := range changes {
		switch ch.kind {
		case came:
			c.announce(ch.member.UID, true, ch.count)
		case left, displaced:
			if m := c.here(ch.member); m != nil { // it has not left by itself
				m.session.End(ch.kind == displaced)
			}
			c.announce(ch.member.UID, false, ch.count)
		case superseded:
			if c.roster.members[ch.member.UID].Gateway == c.all.config.Gateway {
				c.all.leaveInBackground(ch.member)
			}
		}
	}
	for _, ch := range changes {
		if ch.kind == moved {
			c.endSuperseded(ch.member)
		}
		entered := ch.kind == came || ch.kind == moved
		if entered && ch.member.Gateway == c.all.config.Gateway && !c.welcome(ch.member) {
			c.all.leaveInBackground(ch.member) // a join that was given up, but got through after all
		}
	}
}

// endSuperseded forgets the sessions that have moved and whose place a member has taken.
func (c *channel) endSuperseded(by Member) {
	for _, m := range c.local {
		if c.supersedes(by, m) {
			c.all.endDetached(m)
		}
	}
}

// here is a member's session in the channel, nil if it is of another gateway or over.
func (c *channel) here(m Member) *Membership {
	local := c.local[m.Entry]
	if local == nil || local.session.ID() != m.Session || c.all.config.Gateway != m.Gateway {
		return nil
	}
	return local
}

// welcome answers the join of a member, followed by what was held for it. It reports
// false when the member is not here.
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

// uids are all members, nil of a crowd.
func (c *channel) uids() []string {
	if len(c.roster.members) > core.MaxToldMembers {
		return nil
	}
	return slices.Collect(maps.Keys(c.roster.members))
}

// announce tells the members here that another one came or went; of a crowd, they hear
// only how many there are.
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

// announceCount tells the members here how many there are, in a while: many changes of a
// crowd cost one push to each.
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

// list names the members, the asker among them; of a crowd, some drawn at random.
func (c *channel) list(asker string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	uids := append(make([]string, 0, min(core.MaxToldMembers, len(c.roster.members)+1)), asker)
	seen := 1
	for uid := range c.roster.members {
		if uid == asker {
			continue
		}
		seen++
		if len(uids) < core.MaxToldMembers {
			uids = append(uids, uid)
		} else if i := 1 + rand.IntN(seen-1); i < len(uids) { // a place for each with the same chance
			uids[i] = uid
		}
	}
	return uids
}
