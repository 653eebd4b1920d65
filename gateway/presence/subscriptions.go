package presence

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway/retry"
)

// lookupBatch is how many users are looked up in one call.
const lookupBatch = 256

// answerTopic is the topic of the answer to a subscription.
const answerTopic = "\x00subscriptions"

// Subscriptions tells sessions the presence of the users whom they subscribed to. It is safe for
// concurrent use.
type Subscriptions struct {
	directory Directory
	feed      Feed
	missed    chan struct{} // has a token if changes may be missing

	mu        sync.Mutex // guards the rest; taken before a session's lock
	users     map[User]*subscribed
	bySession map[Session]map[string]bool // uids
}

// subscribed is a user whom sessions here subscribed to.
type subscribed struct {
	known
	told map[Session]bool // false until the session's subscription is answered
}

// known is what is known of a user. The zero value means nothing.
type known struct {
	state    wire.Presence_State
	revision uint64
}

// after returns what is known after an event, and whether subscribers must be told.
func (k known) after(e Event) (next known, changed bool) {
	if k.state != wire.Presence_UNKNOWN && e.Revision <= k.revision {
		return k, false
	}
	next = known{wireStates[e.State], e.Revision}
	return next, next.state != k.state
}

// New returns empty Subscriptions.
func New(directory Directory) (*Subscriptions, error) {
	s := &Subscriptions{
		directory: directory,
		missed:    make(chan struct{}, 1),
		users:     map[User]*subscribed{},
		bySession: map[Session]map[string]bool{},
	}
	feed, err := directory.FeedPresence(s.apply, s.Missed)
	s.feed = feed
	return s, err
}

// Close ends all subscriptions.
func (s *Subscriptions) Close() { s.feed.Close() }

// Missed notes that changes may be missing. Run reads them. Missed does not block.
func (s *Subscriptions) Missed() {
	select {
	case s.missed <- struct{}{}:
	default:
	}
}

// Run reads changes that were missed, until ctx ends. It calls failed with the error of an attempt
// that it will repeat.
func (s *Subscriptions) Run(ctx context.Context, failed func(error)) {
	for {
		select {
		case <-s.missed:
		case <-ctx.Done():
			return
		}
		wait := retry.ForEngine()
		for err := s.refresh(ctx); err != nil; err = s.refresh(ctx) {
			failed(err)
			if !wait.Wait(ctx.Done()) {
				return
			}
		}
	}
}

// refresh looks up all users whom sessions subscribed to.
func (s *Subscriptions) refresh(ctx context.Context) error {
	for batch := range slices.Chunk(s.all(), lookupBatch) {
		events, err := s.directory.LookUpPresence(ctx, batch)
		if err != nil {
			return err
		}
		for _, e := range events {
			s.apply(e)
		}
	}
	return nil
}

func (s *Subscriptions) all() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	users := make([]User, 0, len(s.users))
	for user := range s.users {
		users = append(users, user)
	}
	return users
}

// apply tells a change to all who subscribed to the user.
func (s *Subscriptions) apply(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.applyLocked(e)
}

func (s *Subscriptions) applyLocked(e Event) {
	u := s.users[e.User]
	if u == nil {
		return
	}
	next, changed := u.after(e)
	u.known = next
	if !changed {
		return
	}
	frame := marshal(e.User.ID, next.state)
	for session, told := range u.told {
		if told {
			session.PushLatest(frame, topic(e.User.ID))
		}
	}
}

// Handle does a presence request of a session. It returns why the request is refused, or the error
// that prevented it.
func (s *Subscriptions) Handle(ctx context.Context, session Session, request uint32, r *wire.PresenceRequest) (*wire.Refusal, error) {
	if refusal := check(r); refusal != nil {
		return refusal, nil
	}
	switch r.Mode {
	case wire.PresenceRequest_QUERY:
		return nil, s.query(ctx, session, request, r.Uid)
	case wire.PresenceRequest_SUBSCRIBE:
		return s.subscribe(ctx, session, request, r.Uid)
	}
	s.remove(session, r.Uid)
	session.Answer(request, &wire.ServerFrame{Presence: &wire.PresenceList{}})
	return nil, nil
}

// query answers with the present states of users.
func (s *Subscriptions) query(ctx context.Context, session Session, request uint32, uids []string) error {
	events, err := s.lookUp(ctx, session.User().App, uids)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	session.Answer(request, s.listLocked(session, uids, events))
	return nil
}

// subscribe answers with the present states of users. Changes follow the answer.
func (s *Subscriptions) subscribe(ctx context.Context, session Session, request uint32, uids []string) (*wire.Refusal, error) {
	added, err := s.add(session, uids)
	if errors.Is(err, errTooMany) {
		return refusal(wire.Refusal_LIMIT, fmt.Sprintf("a session may subscribe to at most %d users", core.MaxSubscribedPeers)), nil
	}
	var events map[User]Event
	if err == nil {
		events, err = s.lookUp(ctx, session.User().App, uids)
	}
	if err != nil {
		s.remove(session, added)
		s.Missed() // other subscriptions may depend on this look-up
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range events {
		s.applyLocked(e)
	}
	list := s.listLocked(session, uids, events)
	for _, uid := range uids {
		s.users[User{App: session.User().App, ID: uid}].told[session] = true
	}
	session.AnswerBefore(request, answerTopic, list)
	return nil, nil
}

// lookUp looks up the users whose state is not known.
func (s *Subscriptions) lookUp(ctx context.Context, app string, uids []string) (map[User]Event, error) {
	events := map[User]Event{}
	missing := s.unknown(app, uids)
	if len(missing) == 0 {
		return events, nil
	}
	found, err := s.directory.LookUpPresence(ctx, missing)
	for _, e := range found {
		events[e.User] = e
	}
	return events, err
}

func (s *Subscriptions) unknown(app string, uids []string) (users []User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, uid := range uids {
		user := User{App: app, ID: uid}
		if u := s.users[user]; u == nil || u.state == wire.Presence_UNKNOWN {
			users = append(users, user)
		}
	}
	return users
}

// listLocked lists users. States known by subscription are newer than events.
func (s *Subscriptions) listLocked(session Session, uids []string, events map[User]Event) *wire.ServerFrame {
	list := make([]*wire.Presence, len(uids))
	for i, uid := range uids {
		user := User{App: session.User().App, ID: uid}
		list[i] = &wire.Presence{Uid: uid, State: wireStates[events[user].State]}
		if u := s.users[user]; u != nil && u.state != wire.Presence_UNKNOWN {
			list[i].State = u.state
		}
	}
	return &wire.ServerFrame{Presence: &wire.PresenceList{Presence: list}}
}

var errTooMany = fmt.Errorf("presence: more than %d subscriptions", core.MaxSubscribedPeers)

// add subscribes a session to users, and returns those whom it was not subscribed to before. If it
// fails, the caller removes these.
func (s *Subscriptions) add(session Session, uids []string) (added []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.bySession[session]
	for _, uid := range uids {
		if !own[uid] && !slices.Contains(added, uid) {
			added = append(added, uid)
		}
	}
	if len(own)+len(added) > core.MaxSubscribedPeers {
		return nil, errTooMany
	}
	if own == nil {
		own = map[string]bool{}
		s.bySession[session] = own
	}
	for _, uid := range added {
		user := User{App: session.User().App, ID: uid}
		u := s.users[user]
		if u == nil {
			if err := s.feed.Follow(user); err != nil {
				return added, err
			}
			u = &subscribed{told: map[Session]bool{}}
			s.users[user] = u
		}
		own[uid] = true
		u.told[session] = false
	}
	return added, nil
}

// remove undoes add.
func (s *Subscriptions) remove(session Session, uids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, uid := range uids {
		s.removeLocked(session, uid)
	}
}

func (s *Subscriptions) removeLocked(session Session, uid string) {
	own := s.bySession[session]
	if !own[uid] {
		return
	}
	delete(own, uid)
	if len(own) == 0 {
		delete(s.bySession, session)
	}
	user := User{App: session.User().App, ID: uid}
	u := s.users[user]
	delete(u.told, session)
	if len(u.told) == 0 {
		delete(s.users, user)
		s.feed.Unfollow(user)
	}
}

// Remove ends all subscriptions of a session.
func (s *Subscriptions) Remove(session Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for uid := range s.bySession[session] {
		s.removeLocked(session, uid)
	}
}

func check(r *wire.PresenceRequest) *wire.Refusal {
	most := core.MaxSubscribedPeers
	if r.Mode == wire.PresenceRequest_QUERY {
		most = core.MaxQueriedPeers
	}
	switch {
	case len(r.Uid) == 0:
		return refusal(wire.Refusal_BAD_REQUEST, "presence.uid is missing")
	case len(r.Uid) > most:
		return refusal(wire.Refusal_LIMIT, "at most 256 users may be queried at a time, and at most 512 subscribed to")
	case r.Mode < wire.PresenceRequest_QUERY || r.Mode > wire.PresenceRequest_UNSUBSCRIBE:
		return refusal(wire.Refusal_BAD_REQUEST, "presence.mode must be QUERY, SUBSCRIBE or UNSUBSCRIBE")
	}
	for _, uid := range r.Uid {
		if !core.ValidID(uid) {
			return refusal(wire.Refusal_INVALID_ID, "presence.uid: an id has 1 to 64 of the allowed characters and is not \"null\"")
		}
	}
	return nil
}

func refusal(reason wire.Refusal_Reason, text string) *wire.Refusal {
	return &wire.Refusal{Reason: reason, Text: text}
}

// topic is the topic of pushes about a user.
func topic(uid string) string { return "presence " + uid }

func marshal(uid string, state wire.Presence_State) []byte {
	return wire.Marshal(&wire.ServerFrame{Presence: &wire.PresenceList{Presence: []*wire.Presence{{Uid: uid, State: state}}}})
}
