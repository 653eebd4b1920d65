//go:build js && wasm

package jsbridge

import (
	"rtmwasm/core"
)

// socket is a WebSocket of the page.
type socket struct {
	callbacks
	ws       value
	opened   bool
	host     *host
	listener core.SocketListener
}

// Close codes of RFC 6455, 7.4.1. closedAbnormally means that the socket ended without a close
// code.
const (
	closeNormally    = 1000
	closedAbnormally = 1006
)

// Dial implements core.Host. If the browser refuses to make the socket, as it refuses an
// insecure socket on a secure page, the listener gets Closed.
func (h *host) Dial(url string, l core.SocketListener) core.Socket {
	s := &socket{host: h, listener: l}
	var err error
	if s.ws, err = construct("WebSocket", url); err == nil {
		err = s.listen()
	}
	if err != nil {
		s.fail(err)
	}
	return s
}

func (s *socket) listen() error {
	return set(s.ws,
		"binaryType", "arraybuffer",
		"onopen", s.add(func(value) {
			s.opened = true
			s.listener.Opened()
		}),
		// If a Content-Security-Policy forbids the socket, Chromium emits error, but not close.
		"onerror", s.add(func(value) {
			if !s.opened {
				s.detach()
				s.listener.Closed(closedAbnormally, "")
			}
		}),
		"onmessage", s.add(func(event value) {
			frame, err := bufferBytes(get(event, "data"))
			if err != nil {
				s.fail(err)
				return
			}
			s.listener.Received(frame)
		}),
		"onclose", s.add(func(event value) {
			s.detach()
			s.listener.Closed(int(getNumber(event, "code")), getString(event, "reason"))
		}))
}

// Send implements core.Socket. A browser drops the frames for a socket that is closing.
func (s *socket) Send(frame []byte) {
	if s.callbacks == nil {
		return // the socket has ended
	}
	data, err := fromBytes(frame)
	if err == nil {
		_, err = call(s.ws, "send", data)
	}
	if err != nil {
		s.fail(err)
	}
}

// Close implements core.Socket.
func (s *socket) Close() {
	failed := s.callbacks == nil
	s.listener = deaf{}
	s.detach()
	if !failed {
		_, err := call(s.ws, "close", closeNormally)
		report(err)
	}
}

// fail closes a socket that the page can't use. The listener gets Closed.
func (s *socket) fail(err error) {
	s.detach()
	if isSet(s.ws) {
		_, closing := call(s.ws, "close")
		report(closing)
	}
	s.host.AfterFunc(0, func() { s.listener.Closed(closedAbnormally, err.Error()) })
}

// detach removes the callbacks from the socket and frees them. Without callbacks it does
// nothing.
func (s *socket) detach() {
	if s.callbacks != nil {
		report(set(s.ws, "onopen", nil, "onerror", nil, "onmessage", nil, "onclose", nil))
		s.release()
	}
}

// deaf is the listener after Close. It ignores all events.
type deaf struct{}

func (deaf) Opened()            {}
func (deaf) Received([]byte)    {}
func (deaf) Closed(int, string) {}
