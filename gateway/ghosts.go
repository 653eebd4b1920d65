package gateway

import (
	"context"

	"rtmwasm/gateway/retry"
)

// removeGhosts removes the members that left while this gateway could not hear of it, and
// tells the others. A list of all members can miss one that enters again meanwhile, so that
// each who seems to be gone is looked up.
func (r *rooms) removeGhosts(ctx context.Context) error {
	present, upTo, err := r.server.engine.PresentMembers(ctx)
	if err != nil {
		return err
	}
	var absent []MemberEvent
	for _, key := range r.keys() {
		absent = append(absent, r.absentFrom(key, present, upTo)...)
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	retry.Each(absent, recoveries, func(m MemberEvent) {
		if member, err := r.server.engine.IsMember(ctx, m.Room, m.UID); err != nil {
			stop(err) // the rest fails at once
		} else if !member {
			r.removeGhost(m)
		}
	})
	return context.Cause(ctx)
}

func (r *rooms) keys() []Room {
	r.mu.Lock()
	defer r.mu.Unlock()
	keys := make([]Room, 0, len(r.byKey))
	for key := range r.byKey {
		keys = append(keys, key)
	}
	return keys
}

// absentFrom returns the members of a room that are not present. It leaves out those who came
// later than what present knows.
func (r *rooms) absentFrom(key Room, present func(Room, string) bool, upTo uint64) (absent []MemberEvent) {
	rm := r.lock(key)
	defer r.unlock(rm)
	for uid, m := range rm.members {
		if m.Revision <= upTo && !present(key, uid) {
			absent = append(absent, m)
		}
	}
	return absent
}

// removeGhost removes a member who was found to be gone, unless they have entered again since.
func (r *rooms) removeGhost(ghost MemberEvent) {
	rm := r.lock(ghost.Room)
	defer r.unlock(rm)
	if rm.members[ghost.UID].Revision == ghost.Revision {
		rm.lost(ghost.UID, evicted)
	}
}
