package natsengine

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/gateway/media"
	"rtmwasm/gateway/mediastore"
)

const mediaTestApp = "app.of>tests*"

var recordID = strings.Repeat("a", 58)

// Each step is done by one of two gateways that saw the same revision.
func TestRecordsChangeByRevision(t *testing.T) {
	ctx := t.Context()
	r := openEngine(t, Options{}).MediaRecords()
	_, _, err := r.Get(ctx, mediaTestApp, recordID)
	require.ErrorIs(t, err, media.ErrNotFound)

	first, err := r.Create(ctx, mediaTestApp, recordID, []byte("one"))
	require.NoError(t, err)
	_, err = r.Create(ctx, mediaTestApp, recordID, []byte("one"))
	require.ErrorIs(t, err, media.ErrConflict)
	second, err := r.Update(ctx, mediaTestApp, recordID, []byte("two"), first)
	require.NoError(t, err)
	_, err = r.Update(ctx, mediaTestApp, recordID, []byte("three"), first)
	require.ErrorIs(t, err, media.ErrConflict)
	require.ErrorIs(t, r.Delete(ctx, mediaTestApp, recordID, first), media.ErrConflict)

	_, _, err = r.Get(ctx, "other", recordID)
	require.ErrorIs(t, err, media.ErrNotFound)
	value, revision, err := r.Get(ctx, mediaTestApp, recordID)
	require.NoError(t, err)
	assert.Equal(t, "two", string(value))
	assert.Equal(t, second, revision)

	require.NoError(t, r.Delete(ctx, mediaTestApp, recordID, second))
	require.ErrorIs(t, r.Delete(ctx, mediaTestApp, recordID, second), media.ErrConflict)
	_, err = r.Update(ctx, mediaTestApp, recordID, []byte("three"), second)
	require.ErrorIs(t, err, media.ErrConflict)
	_, _, err = r.Get(ctx, mediaTestApp, recordID)
	require.ErrorIs(t, err, media.ErrNotFound)
}

func TestDeletedRecordsLeaveNoTrace(t *testing.T) {
	ctx, e := t.Context(), openEngine(t, Options{})
	r := e.records
	ref := media.Ref{App: mediaTestApp, Key: strings.Repeat("1", core.MediaKeyLength), Session: "s.1"}
	revision, err := r.Create(ctx, mediaTestApp, recordID, []byte("one"))
	require.NoError(t, err)
	require.NoError(t, r.AddToSession(ctx, ref))
	require.NoError(t, r.Delete(ctx, mediaTestApp, recordID, revision))
	require.NoError(t, r.RemoveFromSession(ctx, ref))
	info, err := r.stream.Info(ctx)
	require.NoError(t, err)
	assert.Zero(t, info.State.Msgs)
	_, err = r.Create(ctx, mediaTestApp, recordID, []byte("again"))
	require.NoError(t, err)
}

func TestRecordsOutliveARestart(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	ref := media.Ref{App: mediaTestApp, Key: strings.Repeat("1", core.MediaKeyLength), Session: "s1"}
	e, err := Open(ctx, Options{Dir: dir})
	require.NoError(t, err)
	revision, err := e.MediaRecords().Create(ctx, mediaTestApp, recordID, []byte("one"))
	require.NoError(t, err)
	require.NoError(t, e.MediaRecords().AddToSession(ctx, ref))
	secret := e.MediaRecords().Secret()
	e.Close()

	r := openEngine(t, Options{Dir: dir}).MediaRecords()
	_, now, err := r.Get(ctx, mediaTestApp, recordID)
	require.NoError(t, err)
	assert.Equal(t, revision, now)
	refs, err := r.Unfinished(ctx, "s1")
	require.NoError(t, err)
	assert.Equal(t, []media.Ref{ref}, refs)
	assert.Len(t, secret, secretBytes)
	assert.Equal(t, secret, r.Secret())
	assert.NotEqual(t, secret, openEngine(t, Options{}).MediaRecords().Secret())
}

func TestSessionsListTheirUploads(t *testing.T) {
	ctx, r := t.Context(), openEngine(t, Options{}).MediaRecords()
	ref := func(session, app, digit string) media.Ref {
		return media.Ref{App: app, Key: strings.Repeat(digit, core.MediaKeyLength), Session: session}
	}
	all := []media.Ref{ref("s.1", mediaTestApp, "1"), ref("s.1", mediaTestApp, "2"), ref("s.1", "b", "1"), ref("s.2", mediaTestApp, "1")}
	for _, ref := range append(all, all...) {
		require.NoError(t, r.AddToSession(ctx, ref))
	}
	unfinished := func(session string) []media.Ref {
		refs, err := r.Unfinished(ctx, session)
		require.NoError(t, err)
		return refs
	}
	assert.ElementsMatch(t, all[:3], unfinished("s.1"))
	assert.ElementsMatch(t, all, unfinished(""))
	assert.Empty(t, unfinished("s"))
	for range 2 {
		require.NoError(t, r.RemoveFromSession(ctx, all[0]))
	}
	assert.ElementsMatch(t, all[1:3], unfinished("s.1"))
	assert.ElementsMatch(t, all[1:], unfinished(""))
}

func recordedUsageIs(t *testing.T, r mediastore.Records, app, uid string, want int64) {
	t.Helper()
	n, err := r.Usage(t.Context(), app, uid)
	require.NoError(t, err)
	assert.Equal(t, want, n, "%s of %s", uid, app)
}

func TestUsageIsCounted(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	week := Options{Dir: dir, MediaMaxAge: 7 * 24 * time.Hour}
	e, err := Open(t.Context(), week)
	require.NoError(t, err)
	count := func(app, uid string, ago time.Duration, bytes int64) {
		require.NoError(t, e.MediaRecords().Count(t.Context(), app, uid, now.Add(-ago), bytes))
	}
	recordedUsageIs(t, e.records, mediaTestApp, "anna.*>", 0)
	count(mediaTestApp, "anna.*>", 0, 5)
	count(mediaTestApp, "anna.*>", 0, 7)
	count(mediaTestApp, "anna.*>", 3*24*time.Hour, 20)
	count(mediaTestApp, "anna.*>", 3*24*time.Hour, -20)
	count(mediaTestApp, "anna.*>", 6*24*time.Hour, 100)
	count(mediaTestApp, "anna.*>", 9*24*time.Hour, 1000) // expired
	count(mediaTestApp, "ben", 0, 1)
	count("b", "anna.*>", 0, 2)
	recordedUsageIs(t, e.records, mediaTestApp, "anna.*>", 112)
	recordedUsageIs(t, e.records, mediaTestApp, "ben", 1)
	recordedUsageIs(t, e.records, mediaTestApp, "", 113)
	recordedUsageIs(t, e.records, "b", "", 2)
	e.Close()

	// A gateway with another time counts beside.
	day := week
	day.MediaMaxAge = 24 * time.Hour
	e, err = Open(t.Context(), day)
	require.NoError(t, err)
	defer e.Close()
	recordedUsageIs(t, e.records, mediaTestApp, "anna.*>", 112)
	count(mediaTestApp, "anna.*>", 0, 3)
	count(mediaTestApp, "anna.*>", 2*24*time.Hour, 1000) // expired here
	recordedUsageIs(t, e.records, mediaTestApp, "anna.*>", 115)
}

func TestCountersEndWithTheirFiles(t *testing.T) {
	e := openEngine(t, Options{MediaMaxAge: 4 * time.Second}) // long enough to be seen on a busy machine
	require.NoError(t, e.records.Count(t.Context(), mediaTestApp, "anna", time.Now(), 3))
	recordedUsageIs(t, e.records, mediaTestApp, "anna", 3)
	require.Eventually(t, func() bool {
		s, err := e.js.Stream(t.Context(), usageStream)
		require.NoError(t, err)
		return s.CachedInfo().State.Msgs == 0
	}, time.Minute, 50*time.Millisecond)
	recordedUsageIs(t, e.records, mediaTestApp, "anna", 0)
}

// All files of a span end in the same second, and none counts less than it lives.
func TestUsageEnd(t *testing.T) {
	const life = 7 * time.Hour
	begin := time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		created time.Duration
		want    time.Duration
	}{
		"first of a span": {0, 8 * time.Hour},
		"last of a span":  {time.Hour - 1, 8 * time.Hour},
		"the next span":   {time.Hour, 9 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			created := begin.Add(c.created)
			assert.Equal(t, begin.Add(c.want).Unix()+1, usageEnd(created, life))
			assert.Equal(t, usageEnd(created, life), usageEnd(created.In(time.FixedZone("", 5400)), life))
			assert.Greater(t, usageEnd(created, life), created.Add(life).Unix())
		})
	}
}

func BenchmarkRecords(b *testing.B) {
	e := openEngine(b, Options{})
	r, ctx := e.records, context.Background()
	value, err := json.Marshal(map[string][]byte{"hash": make([]byte, 100), "metadata": make([]byte, 200)})
	require.NoError(b, err)
	each := func(name string, f func(id string) error) {
		b.Run(name, func(b *testing.B) {
			b.SetParallelism(100)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := f(rand.Text()); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
	each("create and delete", func(id string) error {
		revision, err := r.Create(ctx, "app", id, value)
		if err != nil {
			return err
		}
		return r.Delete(ctx, "app", id, revision)
	})
	each("count", func(string) error { return r.Count(ctx, "app", "anna", time.Now(), 5) })
	each("usage", func(string) error { _, err := r.Usage(ctx, "app", "anna"); return err })
	each("unfinished", func(id string) error { _, err := r.Unfinished(ctx, id); return err })
	each("get", func(id string) error {
		if _, _, err := r.Get(ctx, "app", id); !strings.Contains(err.Error(), "not found") {
			return err
		}
		return nil
	})
}
