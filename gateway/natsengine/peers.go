package natsengine

import (
	"slices"
	"sync"

	"rtmwasm/gateway/id"
)

// peers brings frames to users in place of NATS where the server is embedded: all gateways of the
// engine are in this process then. A frame is handed to its listeners inside the sender's
// call. So the frames of one sender keep their order, as they do on the one connection to a
// NATS server.
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
	p.byUser[user] = append(slices.Clip(p.byUser[user]), l) // send may be reading the former slice
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

// send reports whether anybody listens.
func (p *peers) send(user id.User, frame []byte, receipt string) bool {
	p.mu.RLock()
	listeners := p.byUser[user]
	p.mu.RUnlock()
	for _, l := range listeners {
		l.take(frame, receipt)
	}
	return len(listeners) > 0
}

// sendToUser sends a frame to a user's listeners. Where the server is embedded and nobody listens, it gives the
// answer that a NATS server would give: the user may be logging in just now, and listen in a moment.
func (e *Engine) sendToUser(user id.User, frame []byte, receipt string) error {
	if e.embedded == nil {
		return e.nc.PublishRequest(peerSubject+userKey(user), receipt, frame)
	}
	if !e.peers.send(user, frame, receipt) {
		e.deliveries.answer(receipt, nobodyListens)
	}
	return nil
}
