package gateway

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// rooms follows the members of all channels, and brings channel messages to the
// sessions of this gateway.
type rooms struct {
	server *Server
	last   atomic.Uint64 // the last entry's number
	seen   atomic.Uint64 // revision of the last change that came round

	mu    sync.Mutex // guards byKey; taken with a room's lock held, never the other way
	byKey map[Room]*room
}

// entry is one session's stay in a room, from before it is a member until it left.
type entry struct {
	room    *room
	session *session
	number  uint64

	// Guarded by room.mu.
	request   uint32        // to be answered with Joined
	joined    bool          // Joined was answered
	held      [][]byte      // messages that came before
	heldBytes int           // of held
	ready     chan struct{} // closed when joined
}

func (e *entry) member() Member {
	return Member{
		Room:    e.room.key,
		UID:     e.session.user.ID,
		Session: e.session.id,
		Line:    e.session.lineage,
		Gateway: e.session.server.id,
		Entry:   e.number,
	}
}

// lock returns a room with its lock held. One that is not known is made.
func (r *rooms) lock(key Room) *room {
	for {
		r.mu.Lock()
		rm := r.byKey[key]
		if rm == nil {
			rm = &room{key: key, members: map[string]MemberEvent{}, local: map[uint64]*entry{}, own: map[string]uint64{}}
			r.byKey[key] = rm
		}
		r.mu.Unlock()
		rm.mu.Lock()
		if !rm.dropped {
			return rm
		}
		rm.mu.Unlock()
	}
}

// unlock releases a room and drops an empty one.
func (r *rooms) unlock(rm *room) {
	if len(rm.members) == 0 && len(rm.local) == 0 {
		rm.dropped = true
		r.mu.Lock()
		delete(r.byKey, rm.key)
		r.mu.Unlock()
	}
	rm.mu.Unlock()
}

// enter makes a session a member. Joined is answered as the change comes round, in
// its place among the room's other changes and messages. What was missed since a Unix
// time in ms follows it; 0 means nothing was.
func (r *rooms) enter(ctx context.Context, s *session, key Room, request uint32, since int64) (*entry, error) {
	e := &entry{session: s, number: r.last.Add(1), request: request, ready: make(chan struct{})}
	if err := r.admit(e, key); err != nil {
		return nil, err
	}
	err := r.recall(ctx, e, since)
	var revision uint64
	if err == nil {
		revision, err = r.server.engine.Enter(ctx, e.member())
	}
	if err == nil && !r.await(e, revision) {
		err = errNotApplied
	}
	if err != nil {
		r.abandon(e)
		r.server.retryInBackground("undo a join", e.session.user, func() error { return r.server.engine.Exit(ctx, e.member()) })
		return nil, err
	}
	return e, nil
}

// errNotApplied means that the order of changes is broken: a join must not stay unanswered.
var errNotApplied = errors.New("gateway: the engine's changes do not rise: a join cannot be placed among them")

// await waits for a join to come round. While the engine's changes do not come, as when it has
// lost a server, the member enters without them. It reports whether the join was answered.
func (r *rooms) await(e *entry, revision uint64) bool {
	late := time.NewTimer(applyTimeout)
	defer late.Stop()
	select {
	case <-e.ready:
		return true
	case <-late.C:
	}
	r.applyOwn(MemberEvent{Member: e.member(), Revision: revision})
	select {
	case <-e.ready:
		return true
	default:
		return false
	}
}

// admit has the room's messages held for e. That starts before others can learn of
// the new member, so that it misses nothing they send then.
func (r *rooms) admit(e *entry, key Room) error {
	rm := r.lock(key)
	defer r.unlock(rm)
	if len(rm.local) == 0 {
		stop, err := r.server.engine.ListenRoom(key, rm.deliver)
		if err != nil {
			return err
		}
		rm.stop = stop
	}
	e.room = rm
	rm.local[e.number] = e
	return nil
}

// abandon has nothing more pushed to a session for this room. The engine is told after it.
func (r *rooms) abandon(e *entry) {
	e.room.mu.Lock()
	r.removeLocked(e)
	r.unlock(e.room)
	e.session.forgetJoined(e.room.key.Channel)
}

func (r *rooms) removeLocked(e *entry) {
	delete(e.room.local, e.number)
	if len(e.room.local) == 0 {
		e.room.stop()
	}
}

// apply brings a change of members to the sessions here, in the order of the engine.
func (r *rooms) apply(event MemberEvent) {
	rm := r.lock(event.Room)
	defer r.unlock(rm)
	if event.Revision > r.seen.Load() { // apply is called one at a time
		r.seen.Store(event.Revision)
	}
	if event.Revision < rm.own[event.UID] { // what applyOwn has overtaken
		return
	}
	delete(rm.own, event.UID)
	r.applyTo(rm, event)
}

// applyOwn applies a change of this gateway's own that has not come round.
func (r *rooms) applyOwn(event MemberEvent) {
	rm := r.lock(event.Room)
	defer r.unlock(rm)
	if event.Revision <= r.seen.Load() { // it has
		return
	}
	rm.own[event.UID] = event.Revision
	r.applyTo(rm, event)
}

func (r *rooms) applyTo(rm *room, event MemberEvent) {
	if event.Gone {
		rm.lost(event.UID, evicted)
		return
	}
	former, known := rm.members[event.UID]
	same := known && former.Line == event.Line // for the others nothing changes
	if known && !same {
		rm.lost(event.UID, displaced)
	}
	rm.members[event.UID] = event
	if event.Gateway == r.server.id && !rm.welcome(event.Member) {
		// A join that was given up, but got through after all.
		r.server.background.Go(func() { _ = r.server.engine.Exit(context.Background(), event.Member) })
	}
	if !same {
		rm.announce(event.UID, true)
	}
}
