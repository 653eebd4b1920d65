package natsengine

import (
	"slices"
	"sync"

	"rtmwasm/gateway/id"
)

// peers replaces NATS for frames to users when the server is embedded: all gateways of the engine
// are then in this process. The sender's call calls the listeners. So frames of one sender keep
// their order, as on one connection to a NATS server.
type peers struct {
	mu     sync.RWMutex // guards byUser; never held while a listener is called
	byUser map[id.User][]*peerListener
}

// peerListener is one call of ListenPeer. A user has two while a session moves between gateways.
type peerListener struct {
	take func(frame []byte, receipt string)
}

func (p *peers) listen(user id.User, take func(frame []byte, receipt string)) (stop func()) {
	l := &peerListener{take}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byUser == nil {
		p.byUser = map[id.User][]*peerListener{}
	}
	p.byUser[user] = append(slices.Clip(p.byUser[user]), l) // send may be reading the old slice
	return func() { p.remove(user, l) }
}

func (p *peers) remove(user id.User, l *peerListener) {
	p.mu.Lock()
	defer p.mu.Unlock()
	rest := slices.DeleteFunc(slices.Clone(p.byUser[user]), func(other *peerListener) bool { return other == l })
	if len(rest) == 0 {
		delete(p.byUser, user)
	} else {
		p.byUser[user] = rest
	}
}

// send sends a frame to a user's listeners, and reports whether there are any.
func (p *peers) send(user id.User, frame []byte, receipt string) bool {
	p.mu.RLock()
	listeners := p.byUser[user]
	p.mu.RUnlock()
	for _, l := range listeners {
		l.take(frame, receipt)
	}
	return len(listeners) > 0
}

// sendToUser sends a frame to a user's listeners. If the server is embedded and nobody listens, it
// answers as a NATS server would: a user who is logging in may listen in a moment.
func (e *Engine) sendToUser(user id.User, frame []byte, receipt string) error {
	if e.embedded == nil {
		return e.nc.PublishRequest(peerSubject+userKey(user), receipt, frame)
	}
	if !e.peers.send(user, frame, receipt) {
		e.deliveries.answer(receipt, nobodyListens)
	}
	return nil
}
