package mediastore

import (
	"context"
	"net/http"

	"rtmwasm/gateway/media"
)

// Linker is Files from which a file can be read without the gateway.
type Linker interface {
	Files

	// Link returns a URL of a finished file. Whoever has the URL can read the file for about a
	// minute. The response to the URL has the header that answer returns for the file's Info.
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
	if info, err = s.unlessExpired(info, err); err != nil {
		return media.Info{}, "", err
	}
	return info, link, nil
}
