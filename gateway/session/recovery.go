package session

import (
	"errors"
	"time"

	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/retry"
)

// lapsed is called when other gateways have taken this one for dead.
func (s *Sessions) lapsed() {
	s.log.Warn("this process was paused for too long: its sessions have ended")
	s.endAll(evicted)
}

// returned finds out what this gateway may have missed while the engine could not be reached: the
// log of changes tells only for a minute who has left. It returns when all is done or the sessions
// are closed.
func (s *Sessions) returned() {
	s.presence.Missed()
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{"sessions", s.checkSessions},
		{"members", func() error { return s.channels.Recover(s.ctx) }},
	} {
		wait := retry.ForEngine()
		for err := step.do(); err != nil; err = step.do() {
			s.log.Warn("cannot read the changes that were missed: trying again", "of", step.what, "error", err)
			if !wait.Wait(s.ctx.Done()) {
				return
			}
		}
	}
}

// checkSessions ends the sessions that another login replaced, and checks the mailboxes of the
// others.
func (s *Sessions) checkSessions() error {
	errs := make(chan error, 1)
	retry.Each(s.all(), retry.Recoveries, func(session *session) {
		if err := s.checkSession(session); err != nil {
			select {
			case errs <- err:
			default:
			}
		}
	})
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

func (s *Sessions) checkSession(session *session) error {
	if !session.claimed() {
		return nil
	}
	record, err := s.engine.Lookup(s.ctx, session.user)
	switch {
	case err == nil && record.Session != session.id:
		s.evicted(Eviction{Session: session.id, Moved: record.LineageID == session.lineage})
		return nil
	case err != nil && !errors.Is(err, ErrNoSession): // ErrNoSession means that the session is about to end
		return err
	}
	// Most mailboxes are empty. Reading them here limits how many are read at the same time.
	mail, err := s.engine.ReadMail(s.ctx, session.user, 0, 1)
	if len(mail) > 0 {
		session.inbox.Check()
	}
	return err
}

// retryFor is how long failed calls are repeated: after that, other gateways take this one for dead
// and remove what it left.
const retryFor = time.Minute

// retryForMember is retryInBackground for package channel.
func (s *Sessions) retryForMember(what string, m channel.Member, f func() error) {
	s.retryInBackground(what, User{App: m.Channel.App, ID: m.UID}, f)
}

// retryInBackground calls f until it succeeds. Otherwise a session or member would stay in the
// engine as long as this gateway is alive. It calls f once before it returns. If that fails, it
// retries f in the background until f succeeds, retryFor has passed or the sessions are closed.
func (s *Sessions) retryInBackground(what string, user User, f func() error) {
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
