package gateway

import (
	"context"
	"slices"
)

// removeGhosts removes the members that left while this gateway could not hear of it, and
// tells the others.
func (r *rooms) removeGhosts(ctx context.Context) error {
	present, upTo, err := r.server.engine.PresentMembers(ctx)
	if err != nil {
		return err
	}
	for _, key := range r.keys() {
		r.removeGhostsOf(key, present, upTo)
	}
	return nil
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

// removeGhostsOf leaves those alone who came later than what present knows.
func (r *rooms) removeGhostsOf(key Room, present func(Room, string) bool, upTo uint64) {
	rm := r.lock(key)
	defer r.unlock(rm)
	for uid, m := range rm.members {
		if m.Revision <= upTo && !present(key, uid) {
			rm.lost(uid, evicted)
		}
	}
}

// refreshBatch is how many users are looked up at once.
const refreshBatch = 256

// refresh looks all users up who are followed here, and tells what was missed.
func (fs *followed) refresh(ctx context.Context) error {
	users, before := fs.all()
	for batch := range slices.Chunk(users, refreshBatch) {
		sightings, err := fs.server.engine.Reach(ctx, batch)
		if err != nil {
			return err
		}
		for _, s := range sightings {
			if s.Revision == 0 { // Offline since some later change, unless they came back just now
				s.Revision = before[s.User] + 1
			}
			fs.apply(s)
		}
	}
	return nil
}

// all are the users whose state is known, and the revision of each.
func (fs *followed) all() (users []User, revisions map[User]uint64) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	revisions = make(map[User]uint64, len(fs.byUser))
	for user, p := range fs.byUser {
		users = append(users, user)
		revisions[user] = p.revision
	}
	return users, revisions
}
