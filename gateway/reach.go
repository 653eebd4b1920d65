package gateway

import (
	"context"
	"sync/atomic"
	"time"

	"rtmwasm/gateway/retry"
)

// reach watches how long a client is silent, with a socket or without, and tells the
// engine when its user becomes unreachable and when he is heard of again. A frame of any
// kind counts; a client that is well answers each Ping.
type reach struct {
	limit time.Duration
	heard atomic.Int64 // when the last frame came, by sinceStart
	away  atomic.Bool
	timer *time.Timer
	news  chan struct{} // holds one token when away may differ from what was told

	told bool          // away, as the engine knows it; of run's goroutine
	wait retry.Backoff // of run's goroutine, after an error
}

func newReach(limit time.Duration) *reach {
	r := &reach{limit: limit, news: make(chan struct{}, 1), wait: newBackoff()}
	r.heard.Store(int64(sinceStart()))
	r.timer = time.AfterFunc(limit, r.check)
	return r
}

// check runs when the client may have been silent for too long.
func (r *reach) check() {
	if left := r.limit - (sinceStart() - time.Duration(r.heard.Load())); left > 0 {
		r.timer.Reset(left)
		return
	}
	r.away.Store(true)
	r.tell()
}

func (r *reach) hear() {
	r.heard.Store(int64(sinceStart()))
	if r.away.CompareAndSwap(true, false) {
		r.timer.Reset(r.limit)
		r.tell()
	}
}

func (r *reach) tell() {
	select {
	case r.news <- struct{}{}:
	default:
	}
}

// tellReach brings the engine up to date. The session's other requests wait for it, so
// that nothing of it comes after the session's release.
func (s *session) tellReach() {
	away := s.reach.away.Load()
	if away == s.reach.told {
		return
	}
	state := Online
	if away {
		state = Unreachable
	}
	if err := s.server.engine.SetReach(context.Background(), s.user, s.id, state); err != nil {
		s.server.log.Error("cannot tell a user's reach", "app", s.user.App, "uid", s.user.ID, "error", err)
		time.AfterFunc(s.reach.wait.Next(), s.reach.tell)
		return
	}
	s.reach.told = away
	s.reach.wait.Reset()
}
