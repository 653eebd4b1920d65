package core

import (
	"time"

	"rtmwasm/core/wire"
)

// memberChanged tells the application that another member joined or left. It never reports that a
// member joined twice without leaving (API 4.5).
func (c *Client) memberChanged(m *wire.MemberChange) {
	ch := c.channels[m.Channel]
	if ch == nil || ch.state != Joined || m.Uid == c.uid {
		return
	}
	ch.countChanged(int(m.MemberCount))
	if m.Uid == "" { // a large channel: only the count is known
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

// countChanged plans MemberCountUpdated: at most once a second, in large channels every 3 s. The event
// has the latest count, and there is no event if the last one had the same count. It is never emitted
// inside the call, so that code that awaits a join runs first (API 8.5).
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

// rejoin joins the channels of the former session again, in a new one.
func (c *Client) rejoin() {
	for _, ch := range c.channels {
		ch.rejoin()
	}
}

func (ch *Channel) rejoin() {
	if ch.state == Joined && ch.c.session.id != "" { // otherwise its join is pending, or it was left
		if !ch.c.session.continues { // revisions may have started again from 1
			ch.attributes = 0
		}
		ch.c.request(&wire.ClientFrame{Join: &wire.Join{Channel: ch.id, SinceMs: ch.since}}, 0, ch.rejoined)
	}
}

// rejoined handles the answer. For the application the channel is still joined, so the client tries
// again after refusals that may be temporary.
func (ch *Channel) rejoined(f *wire.ServerFrame) {
	timeout, refusal := failure(f)
	switch {
	case timeout:
		ch.rejoin()
	case refusal == nil && ch.state == Joined:
		ch.rejoins = 0
		ch.countChanged(int(f.Joined.GetMemberCount()))
		ch.reconcileMembers(f.Joined.GetUid())
	case refusal == nil && ch.c.channels[ch.id] == nil: // left meanwhile, and the join may have been sent again after the leave
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

// addMembers stores all members, and returns those that were unknown. Large channels and older
// gateways have no list.
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

// reconcileMembers tells the application who joined while the client was disconnected. If the session
// also continues for other users, it tells who left, too. here is the new list of all members.
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

// planRollCall plans to tell the application which members left while the client was disconnected for
// longer than its session lived. It waits for the session timeout: others may also have been
// disconnected, for example by the same dead gateway, and may still come back.
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

// rollCalled handles the list of members.
func (ch *Channel) rollCalled(f *wire.ServerFrame) {
	if timeout, refusal := failure(f); timeout || refusal != nil {
		return // without the list it is not known who left
	}
	here := map[string]bool{}
	for _, uid := range f.MemberList.GetUid() {
		here[uid] = true
	}
	if len(here) >= MaxToldMembers { // the list may be incomplete
		return
	}
	for uid, heard := range ch.members {
		if !heard && !here[uid] {
			delete(ch.members, uid)
			ch.tell(func() { ch.c.events.MemberLeft(ch, uid) })
		}
	}
}

// resendLeaves sends leaves again that may have been lost with the socket. Leaving a channel twice
// has no effect.
func (c *Client) resendLeaves() {
	for id := range c.left {
		c.send(&wire.ClientFrame{Leave: &wire.Leave{Channel: id}})
	}
	clear(c.left)
}

// leaveAgain is for a session that continues the former one for other users. It leaves the channels
// that the client left while it had no socket: for others the user is still a member. A gateway can
// only remove a member who is in the channel at that gateway, so the client joins it first.
func (c *Client) leaveAgain() {
	for id, untold := range c.left {
		if untold && c.session.continues {
			join := &wire.Join{Channel: id, SinceMs: unixMs() + c.session.ahead} // SinceMs marks a client that reconnects, not a new member
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
