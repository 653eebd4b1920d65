package gateway

import (
	"math/rand/v2"
	"sync"
	"time"

	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// room is what this gateway knows of one channel.
type room struct {
	key Room

	mu      sync.Mutex             // guards the rest
	members map[string]MemberEvent // by uid, on all gateways: how each came
	local   map[uint64]*entry      // by number, those here
	own     map[string]uint64      // by uid, revisions of changes that have not come round
	stop    func()                 // ends the subscription; there is one while local is not empty
	dropped bool                   // not in rooms.byKey any more

	counting bool // announceCount will tell

	attributes uint64 // the latest revision that was delivered
}

// Why a session that is still here is no member any more.
var (
	displaced = closeReason{wire.CloseRemoteLogin, "the user logged in elsewhere"}
	evicted   = closeReason{wire.CloseRestart, "the gateway lost this session: log in again"}
)

// deliver brings a channel message to all members here but its sender.
func (rm *room) deliver(frame []byte) {
	var f wire.ServerFrame
	err := f.UnmarshalVT(frame)
	if err == nil && f.Attributes != nil {
		rm.deliverAttributes(&f)
		return
	}
	if err != nil || f.Delivery == nil {
		return // not from a gateway
	}
	rm.mu.Lock()
	defer rm.mu.Unlock()
	for _, e := range rm.local {
		switch {
		case e.session.user.ID == f.Delivery.From:
		case e.joined:
			e.session.push(frame, rm.key.Channel, nil)
		case e.heldBytes+len(frame) <= maxQueueBytes:
			e.held = append(e.held, frame)
			e.heldBytes += len(frame)
		}
	}
}

// here is a member's entry, nil if it is of another gateway or over.
func (rm *room) here(m Member) *entry {
	e := rm.local[m.Entry]
	if e == nil || e.session.id != m.Session || e.session.server.id != m.Gateway {
		return nil
	}
	return e
}

// welcome answers the join of a member, followed by what was held for it. It reports
// false when the member is not here.
func (rm *room) welcome(m Member) bool {
	e := rm.here(m)
	if e == nil {
		return false
	}
	if e.joined {
		return true
	}
	e.joined = true
	e.session.answerJoined(e.request, rm.key.Channel, len(rm.members))
	for _, frame := range e.held {
		e.session.push(frame, rm.key.Channel, nil)
	}
	e.held = nil
	close(e.ready)
	return true
}

// lost removes a member. If its session is here and has not left by itself, it ends.
func (rm *room) lost(uid string, reason closeReason) {
	m, known := rm.members[uid]
	if !known {
		return
	}
	delete(rm.members, uid)
	if e := rm.here(m.Member); e != nil {
		e.session.end(reason)
	}
	rm.announce(uid, false)
}

// announce tells the members here that another one came or went; of a crowd, they hear
// only how many there are.
func (rm *room) announce(uid string, joined bool) {
	if rm.crowded() {
		rm.announceCount()
		return
	}
	body := marshal(rm.change(uid, joined))
	for _, e := range rm.local {
		if e.joined && e.session.user.ID != uid {
			e.session.push(body, "", nil)
		}
	}
}

// crowded reports whether members are told apart no more.
func (rm *room) crowded() bool { return len(rm.members) > core.MaxToldMembers }

// announceCount tells the members here how many there are, in a while: many changes of a
// crowd cost one push to each.
func (rm *room) announceCount() {
	if rm.counting {
		return
	}
	rm.counting = true
	time.AfterFunc(core.BigMemberCountInterval, func() {
		rm.mu.Lock()
		defer rm.mu.Unlock()
		rm.counting = false
		body := marshal(rm.change("", false))
		for _, e := range rm.local {
			if e.joined {
				e.session.pushLatest(body, "count "+rm.key.Channel)
			}
		}
	})
}

func (rm *room) change(uid string, joined bool) *wire.ServerFrame {
	return &wire.ServerFrame{MemberChange: &wire.MemberChange{
		Channel:     rm.key.Channel,
		Uid:         uid,
		Joined:      joined,
		MemberCount: uint32(len(rm.members)),
	}}
}

func (rm *room) count() int {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	return len(rm.members)
}

// list names the members, the asker among them; of a crowd, some drawn at random.
func (rm *room) list(asker string) []string {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	uids := append(make([]string, 0, min(core.MaxToldMembers, len(rm.members)+1)), asker)
	seen := 1
	for uid := range rm.members {
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
