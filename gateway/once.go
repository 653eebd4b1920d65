package gateway

import (
	"context"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/once"
)

// sendOnce returns what answers a Send when it is done: that also remembers a message of an
// outbox. ok is false if nothing is to be sent: the message was sent before, or nobody can tell
// now, and the client is answered.
func (s *session) sendOnce(id uint32, send *wire.Send) (sent func(received bool), ok bool) {
	if !send.Once || send.Number == 0 {
		return func(received bool) { s.sent(id, received) }, true
	}
	memory, err := s.loadSentOnce(id)
	if err != nil {
		s.unavailable(id, err)
		return nil, false
	}
	message := once.Message{Origin: send.Origin, To: send.Peer + "/" + send.Channel, Number: send.Number} // no id has a slash
	if received, before := memory.Find(message); before {
		s.sent(id, received)
		return nil, false
	}
	return func(received bool) {
		s.server.background.Go(func() {
			if err := memory.Remember(s.traces.in(context.Background(), id), message, received); err != nil { // it gives up by itself
				s.server.log.Warn("cannot store the number of a message: if its sender repeats it, it may be sent twice", "app", s.user.App, "uid", s.user.ID, "error", err)
			}
			s.sent(id, received)
		})
	}, true
}

// loadSentOnce reads what the user has sent, before the session's first message that is sent
// once. It is called with s.turn held.
func (s *session) loadSentOnce(id uint32) (*once.Memory, error) {
	if s.sentOnce == nil {
		memory, err := once.Load(s.traces.in(context.Background(), id), s.server.engine, s.user) // it gives up by itself
		if err != nil {
			return nil, err
		}
		s.sentOnce = memory
	}
	return s.sentOnce, nil
}
