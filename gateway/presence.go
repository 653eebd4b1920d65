package gateway

import (
	"context"

	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// subscriptions is the room under which the answer to a subscription is kept before the
// pushes that follow; no channel has this name.
const subscriptions = "\x00subscriptions"

func (s *session) doPresence(id uint32, r *wire.PresenceRequest) {
	most := core.MaxSubscribedPeers
	if r.Mode == wire.PresenceRequest_QUERY {
		most = core.MaxQueriedPeers
	}
	if refusal := checkUIDs(r.Uid, most); refusal != nil {
		s.refuse(id, refusal)
		return
	}
	switch r.Mode {
	case wire.PresenceRequest_QUERY:
		err := s.server.followed.list(context.Background(), s.user.App, r.Uid, func(list *wire.PresenceList) {
			s.answer(id, &wire.ServerFrame{Presence: list})
		})
		if err != nil {
			s.unavailable(id, err)
		}
	case wire.PresenceRequest_SUBSCRIBE:
		s.subscribe(id, r.Uid)
	case wire.PresenceRequest_UNSUBSCRIBE:
		s.server.followed.drop(s, r.Uid)
		for _, uid := range r.Uid {
			delete(s.following, uid)
		}
		s.answer(id, &wire.ServerFrame{Presence: &wire.PresenceList{}})
	default:
		s.refuse(id, newRefusal(wire.Refusal_BAD_REQUEST, "presence.mode must be QUERY, SUBSCRIBE or UNSUBSCRIBE"))
	}
}

func checkUIDs(uids []string, most int) *wire.Refusal {
	switch {
	case len(uids) == 0:
		return newRefusal(wire.Refusal_BAD_REQUEST, "presence.uid is missing")
	case len(uids) > most:
		return newRefusal(wire.Refusal_LIMIT, "256 users may be asked about at a time, and 512 subscribed to")
	}
	for _, uid := range uids {
		if !core.ValidID(uid) {
			return newRefusal(wire.Refusal_INVALID_ID, "presence.uid: "+idRule)
		}
	}
	return nil
}

// subscribe answers with the present state of the users; what changes is pushed after.
func (s *session) subscribe(id uint32, uids []string) {
	var fresh []string
	for _, uid := range uids {
		if !s.following[uid] {
			s.following[uid] = true
			fresh = append(fresh, uid)
		}
	}
	undo := func() {
		s.server.followed.drop(s, fresh)
		for _, uid := range fresh {
			delete(s.following, uid)
		}
	}
	if len(s.following) > core.MaxSubscribedPeers {
		undo()
		s.refuse(id, newRefusal(wire.Refusal_LIMIT, "512 users may be subscribed to"))
		return
	}
	s.server.followed.add(s, fresh)
	err := s.server.followed.list(context.Background(), s.user.App, uids, func(list *wire.PresenceList) {
		s.answerBefore(id, subscriptions, &wire.ServerFrame{Presence: list})
	})
	if err != nil {
		undo()
		s.unavailable(id, err)
	}
}
