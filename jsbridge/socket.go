//go:build js && wasm

package jsbridge

import (
	"time"

	"rtmwasm/core"
)

// socket is a page's WebSocket.
type socket struct {
	callbacks
	ws value
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
	ws, err := tryConstruct("WebSocket", url)
	if err != nil {
		h.AfterFunc(time.Duration(0), func() { l.Closed(closedAbnormally, err.Error()) })
		return unopened{}
	}
	s := &socket{ws: ws}
	ws.Set("binaryType", "arraybuffer")
	ws.Set("onopen", s.add(func(value) { l.Opened() }))
	ws.Set("onmessage", s.add(func(event value) {
		l.Received(toBytes(construct("Uint8Array", get(event, "data"))))
	}))
	ws.Set("onclose", s.add(func(event value) {
		s.detach()
		l.Closed(int(getNumber(event, "code")), getString(event, "reason"))
	}))
	return s
}

// Send implements core.Socket. A socket that is closing drops frames by itself.
func (s *socket) Send(frame []byte) { s.ws.Call("send", fromBytes(frame)) }

// Close implements core.Socket.
func (s *socket) Close() {
	s.detach()
	s.ws.Call("close", closeNormally)
}

// detach takes the callbacks off the socket.
func (s *socket) detach() {
	for _, name := range []string{"onopen", "onmessage", "onclose"} {
		s.ws.Set(name, nil)
	}
	s.release()
}

// unopened stands for a socket that never was.
type unopened struct{}

func (unopened) Send([]byte) {}
func (unopened) Close()      {}
