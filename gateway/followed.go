package gateway

import (
	"context"
	"sync"

	"rtmwasm/core/wire"
)

// followed brings the presence of users to the sessions here that are subscribed to
// them. It knows of no others.
type followed struct {
	server *Server

	mu     sync.Mutex // guards the rest; taken before a session's lock
	byUser map[User]*presence
}

// presence is what is known of one user.
type presence struct {
	state     wire.Presence_State // UNKNOWN until looked up
	revision  uint64
	followers map[*session]struct{}
}

var wireStates = map[Reach]wire.Presence_State{
	Offline:     wire.Presence_OFFLINE,
	Unreachable: wire.Presence_UNREACHABLE,
	Online:      wire.Presence_ONLINE,
}

// see takes a sighting in unless a newer one is known, and reports whether followers are to
// be told: those of a state that was not known yet still wait for their answer, which
// tells them.
func (p *presence) see(s Sighting) bool {
	if p.state != wire.Presence_UNKNOWN && s.Revision <= p.revision {
		return false
	}
	former := p.state
	p.state, p.revision = wireStates[s.Reach], s.Revision
	return former != wire.Presence_UNKNOWN && p.state != former
}

// apply brings a change to all who follow the user.
func (fs *followed) apply(s Sighting) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	p := fs.byUser[s.User]
	if p == nil || !p.see(s) {
		return
	}
	body := presenceFrame(s.User.ID, p.state)
	for session := range p.followers {
		session.pushLatest(body, "presence "+s.User.ID)
	}
}

func presenceFrame(uid string, state wire.Presence_State) []byte {
	return marshal(&wire.ServerFrame{Presence: &wire.PresenceList{Presence: []*wire.Presence{{Uid: uid, State: state}}}})
}

// add makes a session follow users, before they are looked up: so no change between is
// missed.
func (fs *followed) add(s *session, uids []string) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, uid := range uids {
		user := User{App: s.user.App, ID: uid}
		p := fs.byUser[user]
		if p == nil {
			p = &presence{followers: map[*session]struct{}{}}
			fs.byUser[user] = p
		}
		p.followers[s] = struct{}{}
	}
}

// drop undoes add.
func (fs *followed) drop(s *session, uids []string) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, uid := range uids {
		user := User{App: s.user.App, ID: uid}
		p := fs.byUser[user]
		if p == nil {
			continue
		}
		delete(p.followers, s)
		if len(p.followers) == 0 {
			delete(fs.byUser, user)
		}
	}
}

// list calls use with the presence of users, in its place among the pushes. Users that
// nobody here follows are looked up.
func (fs *followed) list(ctx context.Context, app string, uids []string, use func(*wire.PresenceList)) error {
	found, missing := fs.known(app, uids)
	sightings, err := fs.server.engine.Reach(ctx, missing)
	if err != nil {
		return err
	}
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, s := range sightings {
		found[s.User.ID] = wireStates[s.Reach]
		// Who has been told a state already learns the next one from apply.
		if p := fs.byUser[s.User]; p != nil && p.state == wire.Presence_UNKNOWN {
			p.see(s)
		}
	}
	list := &wire.PresenceList{Presence: make([]*wire.Presence, len(uids))}
	for i, uid := range uids {
		state := found[uid]
		if p := fs.byUser[User{App: app, ID: uid}]; p != nil && p.state != wire.Presence_UNKNOWN {
			state = p.state
		}
		list.Presence[i] = &wire.Presence{Uid: uid, State: state}
	}
	use(list)
	return nil
}

// known tells the states that need no look up, and who is missing.
func (fs *followed) known(app string, uids []string) (found map[string]wire.Presence_State, missing []User) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	found = make(map[string]wire.Presence_State, len(uids))
	for _, uid := range uids {
		user := User{App: app, ID: uid}
		if p := fs.byUser[user]; p != nil && p.state != wire.Presence_UNKNOWN {
			found[uid] = p.state
		} else {
			missing = append(missing, user)
		}
	}
	return found, missing
}
