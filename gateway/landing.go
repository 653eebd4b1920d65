package gateway

import "sync"

// landing is where frames for a user arrive: the session that is to have them may change
// before it begins, and nothing is missed or overtaken by that.
type landing struct {
	stop func()

	mu      sync.Mutex
	session *session
}

// listen makes session the one that gets what is sent to its user.
func (s *Server) listen(session *session) (*landing, error) {
	ld := &landing{session: session}
	var err error
	ld.stop, err = s.engine.ListenPeer(session.user, ld.receive, ld.checkMailbox)
	return ld, err
}

func (ld *landing) receive(frame []byte, receipt string) {
	ld.mu.Lock()
	defer ld.mu.Unlock()
	ld.session.receive(frame, receipt)
}

func (ld *landing) checkMailbox() {
	ld.mu.Lock()
	defer ld.mu.Unlock()
	ld.session.checkMailbox()
}

// turnTo gives another session what arrived, and what will.
func (ld *landing) turnTo(session *session) {
	ld.mu.Lock()
	defer ld.mu.Unlock()
	for _, f := range ld.session.mail.giveAway(session.receive) {
		session.receive(f.Body, f.Receipt)
	}
	ld.session = session
}
