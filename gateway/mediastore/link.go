package mediastore

import (
	"context"
	"net/http"

	"rtmwasm/gateway/media"
)

// Linker is Files from which a file can be read without the gateway.
type Linker interface {
	Files

	// Link returns a URL by which whoever has it can read a finished file, for about a
	// minute. The answer has the header that answer makes of what is known of the file.
	Link(ctx context.Context, app, key string, answer func(media.Info) http.Header) (media.Info, string, error)
}

var _ media.Linker = (*Store)(nil)

// Link implements media.Linker.
func (s *Store) Link(ctx context.Context, app, key string, answer func(media.Info) http.Header) (media.Info, string, error) {
	linker, ok := s.files.(Linker)
	if !ok || !s.opts.Redirect {
		return media.Info{}, "", nil
	}
	if app == "" || !media.ValidKey(key) {
		return media.Info{}, "", media.ErrNotFound
	}
	info, link, err := linker.Link(ctx, app, key, answer)
	if info, err = s.alive(info, err); err != nil {
		return media.Info{}, "", err
	}
	return info, link, nil
}
