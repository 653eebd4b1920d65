package mediastore_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/gateway/media"
	"rtmwasm/gateway/mediastore"
)

// failing is Files that fail where they are told to.
type failing struct {
	mediastore.Files
	part, takeOver, finish error
	room                   func() error

	bounded bool // Sync or Finish had a deadline
}

func (f *failing) Part(ctx context.Context, app, key string, offset int64) (mediastore.Part, error) {
	if f.part != nil {
		return nil, f.part
	}
	p, err := f.Files.Part(ctx, app, key, offset)
	return &failingPart{p, f}, err
}

func (f *failing) CheckSpace(ctx context.Context) error {
	if f.room != nil {
		return f.room()
	}
	return f.Files.CheckSpace(ctx)
}

type failingPart struct {
	mediastore.Part
	f *failing
}

func (p *failingPart) note(ctx context.Context) {
	_, bounded := ctx.Deadline()
	p.f.bounded = p.f.bounded || bounded
}

func (p *failingPart) TakeOver(ctx context.Context) error {
	if shared, ok := p.Part.(mediastore.SharedPart); ok && p.f.takeOver == nil {
		return shared.TakeOver(ctx)
	}
	return p.f.takeOver
}

func (p *failingPart) Sync(ctx context.Context) error {
	p.note(ctx)
	return p.Part.Sync(ctx)
}

func (p *failingPart) Finish(ctx context.Context, info media.Info) error {
	p.note(ctx)
	if p.f.finish != nil {
		return p.f.finish
	}
	return p.Part.Finish(ctx, info)
}

func newFailing(t testing.TB) (place, *failing) {
	p := newPlace(t)
	f := &failing{Files: p.files}
	p.files = f
	return p, f
}

// How long it takes to store a file depends on its size and on what is between: Files know.
func TestFilesBoundTheirOwnTime(t *testing.T) {
	p, f := newFailing(t)
	for _, change := range []func(*mediastore.Options){
		func(*mediastore.Options) {},
		func(o *mediastore.Options) { o.Checker = &judge{} },
	} {
		s, b := p.store(t, change), content(1, 1<<20)
		info := appendAll(t, s, create(t, s, 1, b), b[:1000])
		info = appendAll(t, s, info, b[1000:])
		require.True(t, info.Finished())
		assert.False(t, f.bounded)
		require.NoError(t, p.files.Remove(t.Context(), app, info.Key))
	}
}

// The session still has it: it is removed with the session, or goes on.
func TestAnUploadThatCannotBeginIsListed(t *testing.T) {
	p, f := newFailing(t)
	j := &judge{}
	for name, fail := range map[string]func(error){
		"no part":    func(err error) { f.part = err },
		"no scanner": func(err error) { j.ready = err },
	} {
		t.Run(name, func(t *testing.T) {
			s, b := p.store(t, func(o *mediastore.Options) { o.Checker = j }), content(1, 1000)
			info := create(t, s, 1, b)
			fail(errAway)
			info, err := s.Append(t.Context(), info, bytes.NewReader(b))
			require.ErrorIs(t, err, errAway)
			assert.Empty(t, info.Gateway, "nobody adds to it")
			refs, err := s.Unfinished(t.Context(), "s1")
			require.NoError(t, err)
			assert.Equal(t, []media.Ref{info.Ref}, refs)
			fail(nil)
			info = appendAll(t, s, info, b)
			requireNoRecord(t, p, info.Key)
			require.NoError(t, p.files.Remove(t.Context(), app, info.Key))
		})
	}
}

// Else the next request would share the part with a gateway that may still write to it.
func TestAPartIsMadeOnesOwnUntilThatSucceeds(t *testing.T) {
	p, f := newFailing(t)
	b := content(1, 1000)
	one, two := p.store(t), p.store(t)
	info := create(t, one, 1, b)
	require.Equal(t, one.Gateway(), info.Gateway)

	f.takeOver = errAway
	for _, session := range []string{"s1", "s2"} {
		moved, err := two.MoveToSession(t.Context(), info, session)
		require.NoError(t, err)
		info, err = two.Append(t.Context(), moved, bytes.NewReader(b))
		require.ErrorIs(t, err, errAway)
		assert.Equal(t, one.Gateway(), info.Gateway)
	}
}

// What the object store got is not what was hashed.
func TestADamagedUploadIsRemoved(t *testing.T) {
	p, f := newFailing(t)
	s, b := p.store(t), content(1, 1000)
	f.finish = media.ErrDigest
	info, err := s.Append(t.Context(), create(t, s, 1, b), bytes.NewReader(b))
	require.ErrorIs(t, err, media.ErrDigest)
	requireNoRecord(t, p, info.Key)
	used, err := s.Usage(t.Context(), app, "anna")
	require.NoError(t, err)
	assert.Zero(t, used)
}

// The disk becomes full while an upload arrives: what is there is kept.
func TestUploadsLeaveRoom(t *testing.T) {
	p, f := newFailing(t)
	s, b := p.store(t), content(1, core.MediaDigestBytes)
	info := create(t, s, 1, b)
	looks := 0
	f.room = func() error {
		if looks++; looks > 3 {
			return media.ErrFull
		}
		return nil
	}
	info, err := s.Append(t.Context(), info, bytes.NewReader(b))
	require.ErrorIs(t, err, media.ErrFull)
	assert.Positive(t, info.Offset)
	assert.Less(t, info.Offset, info.Size)
	f.room = nil
	requireContent(t, s, appendAll(t, s, info, b[info.Offset:]).Key, b)
}
