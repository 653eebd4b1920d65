package mediastore_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/gateway/media"
	"rtmwasm/gateway/mediastore"
)

// writes counts what is written to Records.
type writes struct {
	mediastore.Records
	n           atomic.Int32
	failDeletes atomic.Bool
}

var errAway = errors.New("away")

func (w *writes) Create(ctx context.Context, app, id string, value []byte) (uint64, error) {
	w.n.Add(1)
	return w.Records.Create(ctx, app, id, value)
}

func (w *writes) Update(ctx context.Context, app, id string, value []byte, revision uint64) (uint64, error) {
	w.n.Add(1)
	return w.Records.Update(ctx, app, id, value, revision)
}

func (w *writes) Delete(ctx context.Context, app, id string, revision uint64) error {
	w.n.Add(1)
	if w.failDeletes.Load() {
		return errAway
	}
	return w.Records.Delete(ctx, app, id, revision)
}

func (w *writes) AddToSession(ctx context.Context, ref media.Ref) error {
	w.n.Add(1)
	return w.Records.AddToSession(ctx, ref)
}

func (w *writes) RemoveFromSession(ctx context.Context, ref media.Ref) error {
	w.n.Add(1)
	return w.Records.RemoveFromSession(ctx, ref)
}

// A file that comes in one request costs a record, and its removal.
func TestOneRequestTakesTwoWrites(t *testing.T) {
	p := newPlace(t)
	w := &writes{Records: p.records}
	p.records = w
	s := p.store(t)
	for i, n := range []int{1, core.MediaDigestBytes, 3*core.MediaDigestBytes + 5} {
		b := content(byte(i), n)
		w.n.Store(0)
		began := time.Now()
		info := appendAll(t, s, create(t, s, byte(i), b), b)
		if time.Since(began) < 200*time.Millisecond { // what takes longer makes sure that it may be finished
			assert.EqualValues(t, 2, w.n.Load())
		}
		assert.True(t, info.Finished())
		requireContent(t, s, info.Key, b)
		requireNoRecord(t, p, info.Key)
	}
}

// An upload goes on at any gateway, wherever it was interrupted.
func TestAnUploadGoesOnElsewhere(t *testing.T) {
	p := newPlace(t)
	b := content(1, 3*core.MediaDigestBytes+77)
	var info media.Info
	for i, end := range []int{0, 1, 511, core.MediaDigestBytes, core.MediaDigestBytes + 1, 2*core.MediaDigestBytes - 1, len(b) - 1} {
		s := p.store(t)
		if i == 0 {
			info = create(t, s, 1, b)
		} else {
			var err error
			info, err = s.Info(t.Context(), app, info.Key)
			require.NoError(t, err)
		}
		from := info.Offset
		info = appendAll(t, s, info, b[from:end])
		assert.EqualValues(t, end, info.Offset)
		assert.Empty(t, info.Gateway, "nobody adds to it")
		_, _, err := s.Open(t.Context(), app, info.Key)
		require.ErrorIs(t, err, media.ErrNotFound)
		refs, err := s.Unfinished(t.Context(), "s1")
		require.NoError(t, err)
		assert.Equal(t, []media.Ref{info.Ref}, refs)
	}
	s := p.store(t)
	late := info
	info = appendAll(t, s, info, b[info.Offset:])
	requireContent(t, s, info.Key, b)
	requireNoRecord(t, p, info.Key)
	_, err := p.store(t).Append(t.Context(), late, bytes.NewReader(b[late.Offset:]))
	require.ErrorIs(t, err, media.ErrConflict, "somebody else has finished it")
	requireContent(t, s, info.Key, b)
}

// Only what is kept counts, and it is kept although the client is gone.
func TestABrokenRequestIsKept(t *testing.T) {
	p := newPlace(t)
	s, b := p.store(t), content(1, 1<<20)
	info := create(t, s, 1, b)
	ctx, cancel := context.WithCancel(t.Context())
	src := io.MultiReader(bytes.NewReader(b[:300_001]), iotest.ErrReader(io.ErrUnexpectedEOF))
	cancel()
	info, err := s.Append(ctx, info, src)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.EqualValues(t, 300_001, info.Offset)
	again, err := p.store(t).Info(t.Context(), app, info.Key)
	require.NoError(t, err)
	assert.EqualValues(t, 300_001, again.Offset)
	requireContent(t, s, appendAll(t, s, again, b[300_001:]).Key, b)
}

// The record could not be deleted: the file counts.
func TestAFinishedFileWins(t *testing.T) {
	p := newPlace(t)
	w := &writes{Records: p.records}
	there := p
	there.records = w
	s, b := there.store(t), content(1, 1000)
	w.failDeletes.Store(true)
	info := appendAll(t, s, create(t, s, 1, b), b)
	require.True(t, info.Finished())
	for _, gateway := range []*mediastore.Store{s, there.store(t)} {
		again, err := gateway.Info(t.Context(), app, info.Key)
		require.NoError(t, err)
		assert.True(t, again.Finished())
		again, err = gateway.Find(t.Context(), app, media.KeyID(info.Key), time.Now())
		require.NoError(t, err)
		assert.True(t, again.Finished())
	}
	require.NoError(t, s.Abandon(t.Context(), info.Ref))
	requireContent(t, s, info.Key, b)
	w.failDeletes.Store(false)
	require.NoError(t, s.Sweep(t.Context(), time.Now().Add(-time.Hour)))
	requireNoRecord(t, p, info.Key)
	requireContent(t, s, info.Key, b)
}

// The record could not be deleted here, and another gateway has deleted it since.
func TestASweepForgetsWhatIsDeletedElsewhere(t *testing.T) {
	p := newPlace(t)
	w := &writes{Records: p.records}
	there := p
	there.records = w
	s, b := there.store(t), content(1, 1000)
	w.failDeletes.Store(true)
	info := appendAll(t, s, create(t, s, 1, b), b)
	_, err := p.store(t).Info(t.Context(), app, info.Key) // which deletes it
	require.NoError(t, err)
	requireNoRecord(t, p, info.Key)
	require.NoError(t, s.Sweep(t.Context(), time.Now().Add(-time.Hour)))
	w.n.Store(0)
	w.failDeletes.Store(false)
	require.NoError(t, s.Sweep(t.Context(), time.Now().Add(-time.Hour)))
	assert.Zero(t, w.n.Load(), "nothing is left to do")
	requireContent(t, s, info.Key, b)
}

func TestAnotherDigestRemovesTheUpload(t *testing.T) {
	p := newPlace(t)
	s := p.store(t)
	info := create(t, s, 1, []byte("abcde"))
	_, err := s.Append(t.Context(), info, bytes.NewReader([]byte("abcdf")))
	require.ErrorIs(t, err, media.ErrDigest)
	requireNoRecord(t, p, info.Key)
	used, err := s.Usage(t.Context(), app, "anna")
	require.NoError(t, err)
	assert.Zero(t, used)
	info = create(t, s, 1, []byte("abcde"))
	requireContent(t, s, appendAll(t, s, info, []byte("abcde")).Key, []byte("abcde"))
	used, err = s.Usage(t.Context(), app, "anna")
	require.NoError(t, err)
	assert.EqualValues(t, 4096, used, "the smallest file counts what a disk takes for it")
}

// The creation is repeated when nobody remembers the file: it counts once.
func TestAFileThatIsSentAgainCountsOnce(t *testing.T) {
	p := newPlace(t)
	s, b := p.store(t), content(1, 10_000)
	first := newInfo(1, b)
	info, err := s.Create(t.Context(), first)
	require.NoError(t, err)
	appendAll(t, s, info, b)
	again := first
	again.Created = first.Created.Add(time.Millisecond)
	info, err = s.Create(t.Context(), again)
	require.NoError(t, err)
	info = appendAll(t, s, info, b)
	assert.True(t, info.Finished())
	requireContent(t, s, info.Key, b)
	requireNoRecord(t, p, info.Key)
	used, err := s.Usage(t.Context(), app, "anna")
	require.NoError(t, err)
	assert.EqualValues(t, len(b), used)
}

// overtaken has another gateway abandon an upload just before this one does.
type overtaken struct {
	mediastore.Records
	before func()
}

func (o *overtaken) Delete(ctx context.Context, app, id string, revision uint64) error {
	if before := o.before; before != nil {
		o.before = nil
		before()
	}
	return o.Records.Delete(ctx, app, id, revision)
}

func TestTwoGatewaysAbandonAnUpload(t *testing.T) {
	p := newPlace(t)
	there := p
	o := &overtaken{Records: p.records}
	there.records = o
	one, other, b := there.store(t), p.store(t), content(1, 10_000)
	info := appendAll(t, one, create(t, one, 1, b), b[:10])
	used, err := one.Usage(t.Context(), app, "anna") // which writes it down
	require.NoError(t, err)
	require.EqualValues(t, len(b), used)
	o.before = func() { require.NoError(t, other.Abandon(t.Context(), info.Ref)) }
	require.NoError(t, one.Abandon(t.Context(), info.Ref))
	requireNoRecord(t, p, info.Key)
	for _, s := range []*mediastore.Store{other, one} { // the first has written down what it took back
		used, err = s.Usage(t.Context(), app, "anna")
		require.NoError(t, err)
		assert.Zero(t, used)
	}
}

func TestFindKnowsTheHourBefore(t *testing.T) {
	p := newPlace(t)
	s, b := p.store(t), []byte("abc")
	hour := time.Now().Truncate(time.Hour)
	info := newInfo(1, b)
	info.Created = hour.Add(-time.Second)
	info.Key = media.Key(info.Created, media.KeyID(info.Key))
	info, err := s.Create(t.Context(), info)
	require.NoError(t, err)
	find := func(at time.Time) error {
		found, err := s.Find(t.Context(), app, media.KeyID(info.Key), at)
		if err == nil {
			assert.Equal(t, info.Key, found.Key)
		}
		return err
	}
	require.NoError(t, find(hour.Add(30*time.Minute)), "unfinished: by its record")
	appendAll(t, s, info, b)
	require.NoError(t, find(hour.Add(119*time.Second)))
	require.ErrorIs(t, find(hour.Add(121*time.Second)), media.ErrNotFound)
	require.NoError(t, find(hour.Add(-time.Minute)))
}

func TestMediaExpire(t *testing.T) {
	p := newPlace(t)
	s, b := p.store(t), []byte("abc")
	info := appendAll(t, s, create(t, s, 1, b), b)
	open := create(t, s, 2, b)
	for age, want := range map[time.Duration]error{time.Hour: nil, time.Nanosecond: media.ErrNotFound} {
		gateway := p.store(t, func(o *mediastore.Options) { o.MaxAge = age })
		_, err := gateway.Info(t.Context(), app, open.Key)
		require.ErrorIs(t, err, want)
		_, reader, err := gateway.Open(t.Context(), app, info.Key)
		require.ErrorIs(t, err, want)
		if err == nil {
			require.NoError(t, reader.Close())
		}
	}
}

// judge is a Checker.
type judge struct {
	says  error
	ready error
	saw   []byte
}

func (j *judge) Ready() error { return j.ready }

func (j *judge) Check(_ context.Context, info media.Info, content io.ReaderAt) error {
	j.saw = make([]byte, info.Size)
	if _, err := content.ReadAt(j.saw, 0); err != nil && err != io.EOF {
		return err
	}
	return j.says
}

func TestFilesAreCheckedBeforeAnybodyCanReadThem(t *testing.T) {
	for _, size := range []int{1, 1000, core.MediaDigestBytes + 1, 3 * core.MediaDigestBytes} {
		p := newPlace(t)
		j := &judge{says: media.ErrBeingChecked}
		s, b := p.store(t, func(o *mediastore.Options) { o.Checker = j }), content(1, size)
		info := create(t, s, 1, b)
		info, err := s.Append(t.Context(), info, bytes.NewReader(b))
		require.ErrorIs(t, err, media.ErrBeingChecked)
		assert.EqualValues(t, size-1, info.Offset, "the last byte is sent again")
		assert.True(t, bytes.Equal(b, j.saw))
		_, _, err = s.Open(t.Context(), app, info.Key)
		require.ErrorIs(t, err, media.ErrNotFound)

		j.says = nil
		requireContent(t, s, appendAll(t, s, info, b[size-1:]).Key, b)

		j.says = &media.Rejected{Reason: "a virus"}
		info, err = s.Append(t.Context(), create(t, s, 2, b), bytes.NewReader(b))
		require.ErrorAs(t, err, new(*media.Rejected))
		requireNoRecord(t, p, info.Key)
		_, _, err = s.Open(t.Context(), app, info.Key)
		require.ErrorIs(t, err, media.ErrNotFound)

		j.ready = errAway
		_, err = s.Create(t.Context(), newInfo(3, b))
		require.ErrorIs(t, err, errAway)
	}
}

func TestAbandon(t *testing.T) {
	p := newPlace(t)
	s, b := p.store(t), content(1, 1000)
	info := appendAll(t, s, create(t, s, 1, b), b[:10])
	info, err := s.MoveToSession(t.Context(), info, "s2")
	require.NoError(t, err)
	require.NoError(t, s.Abandon(t.Context(), media.Ref{App: app, Key: info.Key, Session: "s1"}))
	refs, err := s.Unfinished(t.Context(), "")
	require.NoError(t, err)
	assert.Equal(t, []media.Ref{info.Ref}, refs, "another session's")
	info = appendAll(t, s, info, b[10:20])
	require.NoError(t, s.Abandon(t.Context(), info.Ref))
	require.NoError(t, s.Abandon(t.Context(), info.Ref))
	requireNoRecord(t, p, info.Key)
	_, err = s.Append(t.Context(), info, bytes.NewReader(b[20:]))
	require.ErrorIs(t, err, media.ErrNotFound)
}

func TestRemove(t *testing.T) {
	s := newPlace(t).store(t)
	b := content(1, 10_000)
	info := create(t, s, 1, b)
	require.ErrorIs(t, s.Remove(t.Context(), app, info.Key), media.ErrNotFound, "an unfinished upload")
	info = appendAll(t, s, info, b)
	used := func() int64 {
		n, err := s.Usage(t.Context(), app, "anna")
		require.NoError(t, err)
		return n
	}
	require.EqualValues(t, len(b), used())
	require.NoError(t, s.Remove(t.Context(), app, info.Key))
	require.Zero(t, used())
	_, err := s.Info(t.Context(), app, info.Key)
	require.ErrorIs(t, err, media.ErrNotFound)
	require.ErrorIs(t, s.Remove(t.Context(), app, info.Key), media.ErrNotFound)
}
