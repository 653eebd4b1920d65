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

// errNoPlace is for the upload or download beyond core.MaxMediaTasks.
var errNoPlace = errors.New("media: no place left")

// sessionSlots lets each session have core.MaxMediaTasks going on. Unfinished uploads are
// counted by the store, which all gateways share and which outlives them; downloads, and
// uploads whose first request is under way, by the gateway that they run on.
type sessionSlots struct {
	store Store

	mu       sync.Mutex
	sessions map[string]*session
}

type session struct {
	// admit is held from the count to the moment when the new task counts too, so
	// that none slips past. It is taken before sessionSlots.mu.
	admit sync.Mutex

	// Guarded by sessionSlots.mu:
	uploads   map[string]Ref // that the store need not list yet, by key
	downloads int
	users     int // the entry goes when it is 0
}

func newSessionSlots(store Store) *sessionSlots {
	return &sessionSlots{store: store, sessions: map[string]*session{}}
}

// upload calls begin, after which the upload counts for its session until leave is called, if
// there is a place for it; otherwise it returns errNoPlace. From then on it counts if the store
// lists it.
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

// begun returns the uploads of a session that the store need not list yet. A caller who wants all
// uploads asks the store afterwards: it lists those that end in between. begun waits for uploads
// that are being created or adopted.
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

// download takes a place, or returns errNoPlace. The caller calls free once.
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

// check is called with s.admit held, so that nothing is added meanwhile. It asks for the running
// uploads first: one that ends before the store is asked is listed by then.
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
