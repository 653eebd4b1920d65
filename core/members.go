package core

import (
	"time"

	"rtmwasm/core/wire"
)

// memberChanged tells the application of another member's coming or going: no second
// joined without a left between (API 4.5).
func (c *Client) memberChanged(m *wire.MemberChange) {
	ch := c.channels[m.Channel]
	if ch == nil || ch.state != Joined || m.Uid == c.uid {
		return
	}
	ch.countChanged(int(m.MemberCount))
	if m.Uid == "" { // a crowd, in which comings and goings are not told
		clear(ch.members)
		ch.listed = false
		return
	}
	if m.Joined {
		_, known := ch.members[m.Uid]
		ch.members[m.Uid] = true
		if !known {
			ch.tell(func() { c.events.MemberJoined(ch, m.Uid) })
		}
		return
	}
	delete(ch.members, m.Uid)
	ch.tell(func() { c.events.MemberLeft(ch, m.Uid) })
}

// countChanged plans MemberCountUpdated: once a second at most, of a crowd every 3 s, the
// latest value, and only where it differs from the last one told. It never emits inside the call, so
// that whoever awaits a join gets to run first (API 8.5).
func (ch *Channel) countChanged(n int) {
	ch.count = n
	if ch.stopShowing != nil {
		return
	}
	var wait time.Duration
	if ch.shownCount >= 0 {
		wait = MemberCountInterval
		if n > MaxToldMembers {
			wait = BigMemberCountInterval
		}
		wait = max(0, wait-since(ch.shownAt))
	}
	ch.stopShowing = ch.c.host.AfterFunc(wait, func() {
		ch.stopShowing = nil
		if ch.count == ch.shownCount {
			return
		}
		ch.shownCount = ch.count
		ch.shownAt = now()
		n := ch.count
		ch.tell(func() { ch.c.events.MemberCount(ch, n) })
	})
}

// rejoin enters, in a new session, the channels that the old one was in.
func (c *Client) rejoin() {
	for _, ch := range c.channels {
		ch.rejoin()
	}
}

func (ch *Channel) rejoin() {
	if ch.state == Joined && ch.c.session.id != "" { // else its Join is pending, or it is over
		if !ch.c.session.continues { // what gateways share may have begun again
			ch.attributes = 0
		}
		ch.c.request(&wire.ClientFrame{Join: &wire.Join{Channel: ch.id, SinceMs: ch.since}}, 0, ch.rejoined)
	}
}

// rejoined hears the answer. The application takes the channel for joined, so that what
// may pass by itself is tried again.
func (ch *Channel) rejoined(f *wire.ServerFrame) {
	timeout, refusal := failure(f)
	switch {
	case timeout:
		ch.rejoin()
	case refusal == nil && ch.state == Joined:
		ch.rejoins = 0
		ch.countChanged(int(f.Joined.GetMemberCount()))
		ch.reconcileMembers(f.Joined.GetUid())
	case refusal == nil && ch.c.channels[ch.id] == nil: // left meanwhile; the join may have been sent again, behind the leave
		ch.sendLeave()
	case refusal == nil || ch.state != Joined:
	case refusal.Reason == wire.Refusal_UNAVAILABLE, refusal.Reason == wire.Refusal_TOO_OFTEN, refusal.Reason == wire.Refusal_SAME_CHANNEL_TOO_OFTEN:
		ch.c.retryInSession(ch.rejoins, ch.rejoin)
		ch.rejoins++
	default:
		ch.c.log(LogWarn, "a channel could not be joined again: "+refusal.Text)
		ch.gone()
	}
}

// addMembers takes in all members, and returns those who were not known. Of a crowd, or from an
// older gateway, there is no list.
func (ch *Channel) addMembers(all []string) (unknown []string) {
	ch.listed = len(all) > 0
	for _, uid := range all {
		if _, known := ch.members[uid]; !known && uid != ch.c.uid {
			ch.members[uid] = true
			unknown = append(unknown, uid)
		}
	}
	return unknown
}

// reconcileMembers tells the application who came while the client was away, and who left if
// the session goes on for others too. here is the new list of all members.
func (ch *Channel) reconcileMembers(here []string) {
	wasListed := ch.listed
	came := ch.addMembers(here)
	if wasListed {
		for _, uid := range came {
			ch.tell(func() { ch.c.events.MemberJoined(ch, uid) })
		}
	}
	if !ch.listed || !ch.c.session.continues {
		ch.planRollCall()
		return
	}
	present := map[string]bool{}
	for _, uid := range here {
		present[uid] = true
	}
	for uid := range ch.members {
		if !present[uid] {
			delete(ch.members, uid)
			ch.tell(func() { ch.c.events.MemberLeft(ch, uid) })
		}
	}
}

// planRollCall has the application told of members who left while the client was away
// for longer than its session lived. Others may have been away with it, as when a gateway
// ended: they get the time to come back that a member has.
func (ch *Channel) planRollCall() {
	for uid := range ch.members {
		ch.members[uid] = false
	}
	ch.c.afterInSession(SessionTimeout, func() {
		if ch.state == Joined && len(ch.members) > 0 {
			ch.c.request(&wire.ClientFrame{Members: &wire.Members{Channel: ch.id}}, 0, ch.rollCalled)
		}
	})
}

// rollCalled hears who is there.
func (ch *Channel) rollCalled(f *wire.ServerFrame) {
	if timeout, refusal := failure(f); timeout || refusal != nil {
		return // without the list nobody is told to have left
	}
	here := map[string]bool{}
	for _, uid := range f.MemberList.GetUid() {
		here[uid] = true
	}
	if len(here) >= MaxToldMembers { // not all are listed
		return
	}
	for uid, heard := range ch.members {
		if !heard && !here[uid] {
			delete(ch.members, uid)
			ch.tell(func() { ch.c.events.MemberLeft(ch, uid) })
		}
	}
}

// resendLeaves repeats what the gateway may have missed when the socket broke.
// Leaving a channel that was left has no effect.
func (c *Client) resendLeaves() {
	for id := range c.left {
		c.send(&wire.ClientFrame{Leave: &wire.Leave{Channel: id}})
	}
	clear(c.left)
}

// leaveAgain leaves, in a session that continues the former one for others, what was left while
// no gateway could be told: for them the user is still a member, whom a gateway can take out of a
// channel once they are in it.
func (c *Client) leaveAgain() {
	for id, untold := range c.left {
		if untold && c.session.continues {
			join := &wire.Join{Channel: id, SinceMs: unixMs() + c.session.ahead} // so it is no new one
			c.request(&wire.ClientFrame{Join: join}, 0, func(*wire.ServerFrame) {})
			c.send(&wire.ClientFrame{Leave: &wire.Leave{Channel: id}})
		}
	}
	clear(c.left)
}

func (c *Client) leaveAll() {
	for _, ch := range c.channels {
		ch.gone()
	}
}
