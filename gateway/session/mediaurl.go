package session

import (
	"cmp"
	"context"
	"errors"
	"time"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway/media"
	"rtmwasm/gateway/mediaurl"
)

const (
	// maxURLLookups is how many files a session looks up at a time, because an object store may be
	// slow. More look-ups wait, but other requests do not.
	maxURLLookups = 8

	// urlTimeout limits the wait and the look-up. It is less than core.RequestTimeout.
	urlTimeout = 8 * time.Second
)

// doMediaURL answers with a media URL that works without a credential.
func (s *session) doMediaURL(id uint32, ask *wire.GetMediaUrl) {
	if err := mediaurl.CheckDownload(ask.Download); err != nil {
		s.refuse(id, newRefusal(wire.Refusal_BAD_REQUEST, err.Error()))
		return
	}
	if s.sessions.config.Media == nil {
		s.refuse(id, noMediaURLs)
		return
	}
	if s.lookups == nil {
		s.lookups = make(chan struct{}, maxURLLookups)
	}
	lookups := s.lookups
	s.sessions.background.Go(func() {
		ctx, cancel := context.WithTimeout(s.traces.withSpan(s.sessions.ctx, id), urlTimeout)
		defer cancel()
		select {
		case lookups <- struct{}{}:
			defer func() { <-lookups }()
		case <-ctx.Done():
			s.unavailable(id, ctx.Err())
			return
		case <-s.over:
			return
		}
		s.answerMediaURL(ctx, id, ask)
	})
}

func (s *session) answerMediaURL(ctx context.Context, id uint32, ask *wire.GetMediaUrl) {
	lifetime := cmp.Or(time.Duration(ask.ExpiresIn)*time.Second, core.MediaURLLifetime)
	path, err := s.sessions.config.Media.URL(ctx, s.user.App, core.MediaKey(ask.MediaId), lifetime, ask.Download)
	switch {
	case errors.Is(err, media.ErrNotFound):
		s.refuse(id, newRefusal(wire.Refusal_NOT_FOUND, "no such media: the id is unknown or the file has expired"))
	case errors.Is(err, media.ErrNoURLs):
		s.refuse(id, noMediaURLs)
	case err != nil:
		s.unavailable(id, err)
	default:
		s.Answer(id, &wire.ServerFrame{MediaPath: path})
	}
}

var noMediaURLs = newRefusal(wire.Refusal_UNAVAILABLE, "this gateway has no media URLs")
