package media_test

import (
	"context"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/media"
)

// gate holds those who come to it while it is shut.
type gate struct {
	mu      sync.Mutex
	shut    bool
	arrived chan struct{}
	opened  chan struct{}
}

// close shuts the gate for the next who comes. It returns a channel that tells of that, and what
// lets it go on.
func (g *gate) close(t *testing.T) (arrived <-chan struct{}, open func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut, g.arrived, g.opened = true, make(chan struct{}), make(chan struct{})
	open = sync.OnceFunc(func() { close(g.opened) })
	t.Cleanup(open)
	return g.arrived, open
}

func (g *gate) pass() {
	g.mu.Lock()
	shut, arrived, opened := g.shut, g.arrived, g.opened
	g.shut = false
	g.mu.Unlock()
	if shut {
		close(arrived)
		<-opened
	}
}

// gatedStore can be held after it has listed a session's uploads, and before it creates one.
type gatedStore struct {
	media.Store
	listed, creates gate
}

func (s *gatedStore) Unfinished(ctx context.Context, session string) ([]media.Ref, error) {
	refs, err := s.Store.Unfinished(ctx, session)
	s.listed.pass()
	return refs, err
}

func (s *gatedStore) Create(ctx context.Context, info media.Info) (media.Info, error) {
	s.creates.pass()
	return s.Store.Create(ctx, info)
}

// gated is a gateway's media part whose store can be held.
func gated(t *testing.T, config media.Config) (*server, *gatedStore) {
	s := newServer(t)
	store := &gatedStore{Store: s.store}
	config.Store, config.Auth = store, credentials{}
	h, err := media.New(config)
	require.NoError(t, err)
	other := &server{t: t, handler: h, store: s.store, http: httptest.NewServer(h)}
	t.Cleanup(other.http.Close)
	return other, store
}

// listsMeanwhile is a creation whose request is under way, and ends unfinished once the store has
// told somebody what it lists.
func listsMeanwhile(c *client, store *gatedStore, begin func()) {
	t := c.s.t.(*testing.T)
	p := c.start("POST", "/media/", "Upload-Length", "10", "Content-Type", chunkType)
	p.write([]byte("abc"))
	arrived, open := store.listed.close(t)
	begin()
	<-arrived
	p.body.Close()
	require.Equal(t, 201, (<-p.result).status)
	open()
}

// What ends between two looks, at the store and at what is under way here, is in one of them.
func TestAnUploadThatIsListedMeanwhileTakesItsPlace(t *testing.T) {
	s, store := gated(t, media.Config{})
	c := s.as(appA, "anna", "s1")
	for range 8 {
		c.created(3)
	}
	status := make(chan int, 1)
	listsMeanwhile(c, store, func() { go func() { status <- c.create(3).status }() })
	assert.Equal(t, 429, <-status)
}

func TestSessionEndFindsAnUploadThatIsListedMeanwhile(t *testing.T) {
	s, store := gated(t, media.Config{})
	ended := make(chan struct{})
	listsMeanwhile(s.as(appA, "anna", "s1"), store, func() {
		go func() {
			defer close(ended)
			s.handler.SessionEnded("s1")
		}()
	})
	<-ended
	refs, err := s.store.Unfinished(t.Context(), "")
	require.NoError(t, err)
	assert.Empty(t, refs)
}

func TestSessionEndWaitsForWhatIsBeingCreated(t *testing.T) {
	s, store := gated(t, media.Config{})
	arrived, open := store.creates.close(t)
	p := s.as(appA, "anna", "s1").start("POST", "/media/", "Upload-Length", "10", "Content-Type", chunkType)
	<-arrived
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.handler.SessionEnded("s1")
	}()
	select {
	case <-ended:
		t.Error("it has not waited")
	case <-time.After(50 * time.Millisecond): // it may as well begin later
	}
	open()
	<-ended
	p.body.Close()
	<-p.result
	refs, err := s.store.Unfinished(t.Context(), "")
	require.NoError(t, err)
	for _, ref := range refs {
		_, err := s.store.Info(t.Context(), ref.App, ref.Key)
		assert.ErrorIs(t, err, media.ErrNotFound)
	}
}

// What is being created while the store is asked what a user stores counts all the same.
func TestQuotaCountsWhatIsBeingCreated(t *testing.T) {
	s, store := gated(t, media.Config{UserBytes: quota, UsageInterval: time.Nanosecond})
	looks := &lookedAt{Store: store.Store}
	store.Store = looks
	s.as(appA, "anna", "s1").created(1)
	arrived, open := store.creates.close(t)
	created := make(chan int, 1)
	go func() { created <- s.as(appA, "anna", "s2").create(piece).status }()
	<-arrived
	before, other := looks.looks.Load(), s.as(appA, "anna", "s3")
	require.Eventually(t, func() bool { // the second begins when the first has ended
		return other.create(2*quota).status == 507 && looks.looks.Load() >= before+2
	}, time.Minute, time.Millisecond)
	assert.Equal(t, 507, other.create(2*piece).status)
	open()
	assert.Equal(t, 201, <-created)
}
