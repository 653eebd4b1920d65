package media

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"rtmwasm/core"
)

// errNoPlace means that the session has core.MaxMediaTasks already.
var errNoPlace = errors.New("media: the session has too many uploads and downloads")

// sessionSlots limits the number of uploads and downloads of each session to core.MaxMediaTasks. The store counts
// unfinished uploads, for all gateways and even after a restart. The gateway itself counts its downloads, and its
// uploads whose first request is still running.
type sessionSlots struct {
	store Store

	mu       sync.Mutex
	sessions map[string]*session
}

type session struct {
	// admit is held from counting the tasks until the new task counts, too, so that no other task is
	// admitted in between. It is locked before sessionSlots.mu.
	admit sync.Mutex

	// Guarded by sessionSlots.mu:
	uploads   map[string]Ref // by key; the store may not list these yet
	downloads int
	users     int // the entry is deleted when this is 0
}

func newSessionSlots(store Store) *sessionSlots {
	return &sessionSlots{store: store, sessions: map[string]*session{}}
}

// upload calls begin if the session has a place for another upload; otherwise it returns errNoPlace. Then the upload
// counts until leave is called. After that it counts only if the store lists it.
func (p *sessionSlots) upload(ctx context.Context, ref Ref, begin func() error) (leave func(), err error) {
	s := p.enter(ref.Session)
	s.admit.Lock()
	defer s.admit.Unlock()
	if err = p.check(ctx, ref.Session, s); err == nil {
		err = begin()
	}
	if err != nil {
		p.leave(ref.Session, s)
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.uploads == nil {
		s.uploads = map[string]Ref{}
	}
	s.uploads[ref.Key] = ref
	return func() {
		p.endUpload(s, ref.Key)
		p.leave(ref.Session, s)
	}, nil
}

func (p *sessionSlots) endUpload(s *session, key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(s.uploads, key)
}

// begun returns the uploads of a session that the store may not list yet. To get all uploads, call begun first and
// then ask the store, which lists those whose request has ended in between. begun waits for uploads that are being
// created or moved to the session.
func (p *sessionSlots) begun(id string) []Ref {
	s := p.enter(id)
	defer p.leave(id, s)
	s.admit.Lock()
	defer s.admit.Unlock()
	return p.uploads(s)
}

func (p *sessionSlots) uploads(s *session) []Ref {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Collect(maps.Values(s.uploads))
}

// download counts a download, or returns errNoPlace. The caller must call free once.
func (p *sessionSlots) download(ctx context.Context, id string) (free func(), err error) {
	s := p.enter(id)
	s.admit.Lock()
	defer s.admit.Unlock()
	if err := p.check(ctx, id, s); err != nil {
		p.leave(id, s)
		return nil, err
	}
	p.addDownload(s, 1)
	return func() {
		p.addDownload(s, -1)
		p.leave(id, s)
	}, nil
}

// check returns errNoPlace if the session has too many tasks. The caller holds s.admit, so that no task is added
// meanwhile. check reads the running uploads first; if one ends before the store is asked, the store lists it.
func (p *sessionSlots) check(ctx context.Context, id string, s *session) error {
	refs := p.uploads(s)
	unfinished, err := p.store.Unfinished(ctx, id)
	if err != nil {
		return fmt.Errorf("count uploads: %w", err)
	}
	keys := map[string]bool{}
	for _, ref := range append(refs, unfinished...) {
		keys[ref.Key] = true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(keys)+s.downloads >= core.MaxMediaTasks {
		return errNoPlace
	}
	return nil
}

func (p *sessionSlots) enter(id string) *session {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.sessions[id]
	if s == nil {
		s = &session{}
		p.sessions[id] = s
	}
	s.users++
	return s
}

func (p *sessionSlots) leave(id string, s *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.users--
	if s.users == 0 {
		delete(p.sessions, id)
	}
}

func (p *sessionSlots) addDownload(s *session, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.downloads += n
}
