package gateway

import "time"

// insistWait is the time before the engine is asked once more, insistFor how long that
// goes on: until the others take this gateway for dead, and clear up after it.
const (
	insistWait = time.Second
	insistFor  = time.Minute
)

// insist does what must not be left undone: a session or member that stayed in the engine
// would be there for as long as this gateway is. What fails at first goes on in the
// background.
func (s *Server) insist(what string, user User, f func() error) {
	err := f()
	if err == nil {
		return
	}
	s.log.Warn("cannot "+what+": trying again", "app", user.App, "uid", user.ID, "error", err)
	s.background.Go(func() {
		for end := time.Now().Add(insistFor); time.Now().Before(end); {
			select {
			case <-time.After(insistWait):
			case <-s.ctx.Done():
				return
			}
			if err = f(); err == nil {
				return
			}
		}
		s.log.Error("cannot "+what, "app", user.App, "uid", user.ID, "error", err)
	})
}
