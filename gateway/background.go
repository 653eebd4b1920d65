package gateway

import (
	"time"

	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/retry"
)

// retryFor is for how long the engine is asked again: until the others take this gateway for dead and
// remove what it left.
const retryFor = time.Minute

// retryForMember is retryInBackground for package channel.
func (s *Server) retryForMember(what string, m channel.Member, f func() error) {
	s.retryInBackground(what, User{App: m.Channel.App, ID: m.UID}, f)
}

// retryInBackground does what must be done: a session or member that stayed in the engine would
// be there for as long as this gateway is. It calls f once before it returns. If that
// fails, it retries f in the background until f succeeds, a minute has passed or the server
// is closed.
func (s *Server) retryInBackground(what string, user User, f func() error) {
	err := f()
	if err == nil {
		return
	}
	s.log.Warn("cannot "+what+": trying again", "app", user.App, "uid", user.ID, "error", err)
	s.background.Go(func() {
		wait := retry.ForEngine()
		for end := time.Now().Add(retryFor); time.Now().Before(end); {
			if !wait.Wait(s.ctx.Done()) {
				return
			}
			if err = f(); err == nil {
				return
			}
		}
		s.log.Error("cannot "+what, "app", user.App, "uid", user.ID, "error", err)
	})
}
