//go:build js && wasm

package jsbridge

import (
	"rtmwasm/core"
)

// socket is a page's WebSocket.
type socket struct {
	callbacks
	ws       value
	opened   bool
	host     *host
	listener core.SocketListener
}

// Close codes of RFC 6455, 7.4.1: closedAbnormally is that of a socket that ended
// without one.
const (
	closeNormally    = 1000
	closedAbnormally = 1006
)

// Dial implements core.Host. What the browser refuses outright, such as an insecure
// socket from a secure page, is told through Closed.
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
		// Where a Content-Security-Policy forbids the socket, Chromium tells an error and no end.
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

// Send implements core.Socket. A socket that is closing drops frames by itself.
func (s *socket) Send(frame []byte) {
	if s.callbacks == nil {
		return // it failed
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

// fail ends a socket that the page can't use: to the core it was closed.
func (s *socket) fail(err error) {
	s.detach()
	if isSet(s.ws) {
		_, closing := call(s.ws, "close")
		report(closing)
	}
	s.host.AfterFunc(0, func() { s.listener.Closed(closedAbnormally, err.Error()) })
}

// detach takes the callbacks off the socket. It matters only where there are some: then
// the properties were set before.
func (s *socket) detach() {
	if s.callbacks != nil {
		report(set(s.ws, "onopen", nil, "onerror", nil, "onmessage", nil, "onclose", nil))
		s.release()
	}
}

// deaf is the listener of a socket that was closed.
type deaf struct{}

func (deaf) Opened()            {}
func (deaf) Received([]byte)    {}
func (deaf) Closed(int, string) {}
