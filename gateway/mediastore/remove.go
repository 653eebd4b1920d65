package mediastore

import (
	"context"

	"rtmwasm/gateway/media"
)

// Remove implements media.Store. If two gateways remove a file at the same moment, both take its bytes
// from the usage of its owner. The usage is then too low until the file would have expired.
func (s *Store) Remove(ctx context.Context, app, key string) error {
	info, err := s.Info(ctx, app, key)
	if err != nil {
		return err
	}
	if !info.Finished() {
		return media.ErrNotFound
	}
	if err := s.files.Remove(ctx, app, key); err != nil {
		return err
	}
	s.usage.add(app, info.UID, info.Created, -info.Size)
	return nil
}
