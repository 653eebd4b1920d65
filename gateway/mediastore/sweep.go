package mediastore

import (
	"context"
	"errors"
	"time"

	"rtmwasm/gateway/media"
)

// sweepMargin is how much longer parts stay than the records of their uploads.
const sweepMargin = time.Hour

// Sweep implements media.Store.
func (s *Store) Sweep(ctx context.Context, idle time.Time) error {
	return errors.Join(
		s.deleteFinished(ctx),
		s.files.Sweep(ctx, time.Now().Add(-s.opts.MaxAge), idle.Add(-sweepMargin), func(app, key string) {
			s.partRemoved(ctx, app, key)
		}),
	)
}

// partRemoved removes the record of an upload whose part was removed. No session lists such an upload
// if its gateway died during the request that created it.
func (s *Store) partRemoved(ctx context.Context, app, key string) {
	info, err := s.get(ctx, app, media.KeyID(key))
	if errors.Is(err, media.ErrNotFound) || err == nil && info.Key != key {
		return
	}
	if err == nil {
		err = s.Abandon(ctx, info.Ref)
	}
	if err != nil {
		s.opts.Logger.WarnContext(ctx, "media: cannot remove an abandoned upload", "key", key, "error", err)
	}
}

// deleteFinished deletes the records that could not be deleted when their uploads were finished.
func (s *Store) deleteFinished(ctx context.Context) error {
	s.mu.Lock()
	names := make([]ref, 0, len(s.finished))
	for name := range s.finished {
		names = append(names, name)
	}
	s.mu.Unlock()
	var errs []error
	for _, name := range names {
		info, err := s.get(ctx, name.app, name.id)
		switch {
		case err == nil:
			_, err = s.reconcile(ctx, info)
		case errors.Is(err, media.ErrNotFound):
			s.clearFinished(name) // another gateway has deleted it
			err = nil
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
