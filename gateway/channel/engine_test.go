package channel

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing/synctest"

	"rtmwasm/core/wire"
)

var room = ID{App: "app", Channel: "room"}

var errDown = errors.New("the engine is down")

// engine is an Engine in memory, of channel room only. Where a hook is set, it is called in place
// of the method.
type engine struct {
	Engine // not made: what these tests do not call

	onListen  func() error
	onMembers func() (Snapshot, error)
	onEnter   func(Member) (uint64, error)

	mu       sync.Mutex // guards the rest
	apply    func(Event)
	gone     func(gateway string, upTo uint64)
	missed   func()
	silent   bool // changes are not told
	revision uint64
	members  map[string]Member // by gateway and uid
	left     []string          // the users whom Leave was called for
}

func (e *engine) ListenChannel(ID, func([]byte)) (func(), error) {
	if e.onListen != nil {
		return func() {}, e.onListen()
	}
	return func() {}, nil
}

func (e *engine) FollowMembers(_ ID, apply func(Event)) (func(), error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.apply = apply
	return func() {}, nil
}

func (e *engine) FollowGateways(gone func(string, uint64)) (func(), error) {
	e.gone = gone
	return func() {}, nil
}

func (e *engine) FollowMemberLosses(missed func()) (func(), error) {
	e.missed = missed
	return func() {}, nil
}

func (e *engine) Members(context.Context, ID, uint64) (Snapshot, error) {
	if e.onMembers != nil {
		return e.onMembers()
	}
	return e.snapshot(), nil
}

func (e *engine) snapshot() (s Snapshot) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, m := range e.members {
		s.Members = append(s.Members, m)
	}
	upTo := e.revision
	s.Covers = func(_ string, revision uint64) bool { return revision <= upTo }
	return s
}

func (e *engine) NextRevision(context.Context) (uint64, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.revision++
	return e.revision, nil
}

func (e *engine) Enter(_ context.Context, m Member) (uint64, error) {
	if e.onEnter != nil {
		return e.onEnter(m)
	}
	return e.enter(m).Revision, nil
}

// enter adds a member, and tells of it unless changes are not told.
func (e *engine) enter(m Member) Event {
	e.mu.Lock()
	key := m.Gateway + " " + m.UID
	e.revision++
	m.Channel, m.Revision = room, e.revision
	event := Event{Member: m, Former: e.members[key].Revision}
	e.members[key] = m
	e.mu.Unlock()
	e.tell(event)
	return event
}

func (e *engine) Leave(_ context.Context, m Member) error {
	e.mu.Lock()
	key := m.Gateway + " " + m.UID
	e.left = append(e.left, m.UID)
	e.revision++
	former := e.members[key].Revision
	delete(e.members, key)
	event := Event{Member: Member{Channel: room, UID: m.UID, Gateway: m.Gateway, Revision: e.revision}, Left: true, Former: former}
	e.mu.Unlock()
	e.tell(event)
	return nil
}

func (e *engine) tell(event Event) {
	e.mu.Lock()
	apply := e.apply
	if e.silent {
		apply = nil
	}
	e.mu.Unlock()
	if apply != nil {
		apply(event)
	}
}

// session is a Session that notes what its client gets.
type session struct {
	uid string

	mu   sync.Mutex // guards the rest
	told []string
}

// heard returns what the client got since the last call.
func (s *session) heard() []string {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	told := s.told
	s.told = nil
	return told
}

func (s *session) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, fmt.Sprintf(format, args...))
}

func (s *session) ID() string      { return "session of " + s.uid }
func (s *session) App() string     { return room.App }
func (s *session) UserID() string  { return s.uid }
func (s *session) Lineage() string { return "lineage of " + s.uid }

func (s *session) Push(frame []byte, _ string) {
	var f wire.ServerFrame
	if err := f.UnmarshalVT(frame); err != nil || f.MemberChange == nil {
		s.note("pushed %v", &f)
		return
	}
	s.note("%s %t", f.MemberChange.Uid, f.MemberChange.Joined)
}

func (s *session) PushLatest(_ []byte, subject string) { s.note("latest %s", subject) }

func (s *session) AnswerJoined(_ uint32, _ string, _ int, uids []string) {
	slices.Sort(uids)
	s.note("joined %v", uids)
}
func (s *session) Entered(string) {}

func (s *session) JoinFailed(_ uint32, err error) { s.note("failed: %v", err) }
func (s *session) ForgetJoined(string)            {}
func (s *session) End(displaced bool)             { s.note("end %v", displaced) }
