package natsengine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway/media"
)

// load returns a file's record and its revision. One whose parts may be expiring is
// not found.
func (s *mediaStore) load(ctx context.Context, app, key string) (*mediaRecord, uint64, error) {
	if err := validRef(app, key); err != nil {
		return nil, 0, errors.Join(media.ErrNotFound, err)
	}
	entry, err := s.kv.Get(ctx, recordKey(app, key))
	if err != nil {
		return nil, 0, mediaError(err)
	}
	r, err := decodeRecord(entry.Value())
	if err != nil {
		return nil, 0, err
	}
	if time.Since(r.Created) >= s.maxAge {
		return nil, 0, media.ErrNotFound
	}
	return r, entry.Revision(), nil
}

// save writes the record down if nobody else has since revision.
func (s *mediaStore) save(ctx context.Context, app, key string, r *mediaRecord, revision uint64) (uint64, error) {
	revision, err := s.kv.Update(ctx, recordKey(app, key), r.encode(), revision)
	return revision, mediaError(err)
}

func (s *mediaStore) Create(ctx context.Context, info media.Info) (media.Info, error) {
	if err := validRef(info.App, info.Key); err != nil {
		return media.Info{}, err
	}
	if info.Session == "" {
		return media.Info{}, errors.New("natsengine: an upload needs a session")
	}
	if err := s.room.Check(); err != nil {
		return media.Info{}, err
	}
	now := time.Now().UTC()
	r := &mediaRecord{
		UID:      info.UID,
		Session:  info.Session,
		Metadata: info.Metadata,
		Expected: info.Expected,
		Size:     info.Size,
		Created:  now,
		Touched:  now,
	}
	if _, err := s.kv.Create(ctx, recordKey(info.App, info.Key), r.encode()); err != nil {
		return media.Info{}, fmt.Errorf("create record: %w", mediaError(err))
	}
	if err := s.list(ctx, taskKey(info.Ref), usageKey(info)); err != nil {
		return media.Info{}, fmt.Errorf("list upload: %w", mediaError(err))
	}
	return r.info(info.App, info.Key, s.maxAge), nil
}

// list writes keys without values, all at once.
func (s *mediaStore) list(ctx context.Context, keys ...string) error {
	errs := make([]error, len(keys))
	var wait sync.WaitGroup
	for i, key := range keys {
		wait.Go(func() { _, errs[i] = s.kv.Put(ctx, key, nil) })
	}
	wait.Wait()
	return errors.Join(errs...)
}

func (s *mediaStore) Info(ctx context.Context, app, key string) (media.Info, error) {
	r, _, err := s.load(ctx, app, key)
	if err != nil {
		return media.Info{}, err
	}
	return r.info(app, key, s.maxAge), nil
}

func (s *mediaStore) Adopt(ctx context.Context, app, key, session string) error {
	r, revision, err := s.load(ctx, app, key)
	if err != nil || r.finished() || r.Session == session {
		return err
	}
	before := media.Ref{App: app, Key: key, Session: r.Session}
	after := media.Ref{App: app, Key: key, Session: session}
	// Listed twice for a moment, never not at all: Abandon heeds the record.
	if _, err := s.kv.Put(ctx, taskKey(after), nil); err != nil {
		return mediaError(err)
	}
	r.Session, r.Touched = session, time.Now().UTC()
	if _, err := s.save(ctx, app, key, r, revision); err != nil {
		return err
	}
	return s.unlist(ctx, before)
}

func (s *mediaStore) Abandon(ctx context.Context, ref media.Ref) error {
	r, _, err := s.load(ctx, ref.App, ref.Key)
	if err != nil && !errors.Is(err, media.ErrNotFound) && !errors.Is(err, errBadRecord) {
		return err
	}
	if err == nil && (r.finished() || r.Session != ref.Session) {
		return s.unlist(ctx, ref)
	}
	// The record first: from then on nobody can add parts that count.
	if err := s.forget(ctx, recordKey(ref.App, ref.Key)); err != nil {
		return err
	}
	if err := s.purgeParts(ctx, ref.App, ref.Key); err != nil {
		return err
	}
	if err := s.uncount(ctx, ref.App, ref.Key); err != nil {
		return err
	}
	return s.unlist(ctx, ref)
}

func (s *mediaStore) purgeParts(ctx context.Context, app, key string) error {
	return s.stream.Purge(ctx, jetstream.WithPurgeSubject(partSubject(app, key, "*")))
}

func (s *mediaStore) unlist(ctx context.Context, ref media.Ref) error {
	return s.forget(ctx, taskKey(ref))
}

// forget removes a key without a trace; the bucket's own delete leaves a marker.
func (s *mediaStore) forget(ctx context.Context, key string) error {
	return s.infos.Purge(ctx, jetstream.WithPurgeSubject(kvSubject+mediaBucket+"."+key))
}

func (s *mediaStore) Unfinished(ctx context.Context, session string) ([]media.Ref, error) {
	prefix := kvSubject + mediaBucket + "."
	info, err := s.infos.Info(ctx, jetstream.WithSubjectFilter(prefix+taskFilter(session)))
	if err != nil {
		return nil, err
	}
	refs := make([]media.Ref, 0, len(info.State.Subjects))
	for subject := range info.State.Subjects {
		if ref, ok := parseTaskKey(strings.TrimPrefix(subject, prefix)); ok {
			refs = append(refs, ref)
		}
	}
	return refs, nil
}
